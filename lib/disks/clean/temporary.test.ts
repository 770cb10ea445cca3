import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { hasTools, runTool, toolsNote } from '../fixtures/tools'
import { removeTemporary } from './temporary'
import { findCleanTools } from './tools'

const needed = ['mke2fs', 'debugfs', 'e2fsck', 'qemu-img']
const folder = mkdtempSync(join(tmpdir(), 'clean-temporary-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.skipIf(!hasTools(...needed))(
  `hundreds of folders are emptied by a few runs of the tool${toolsNote(...needed)}`,
  async () => {
    const root = join(folder, 'root')
    for (let index = 0; index < 200; index += 1) {
      const place = join(root, index % 2 ? 'tmp' : 'var/tmp', `build-${index}/a/b`)
      mkdirSync(place, { recursive: true })
      writeFileSync(join(place, 'out.txt'), 'text\n')
    }
    writeFileSync(join(root, 'tmp/debugfs: ls -p tmp'), 'a name like a command\n')
    writeFileSync(join(root, 'srv'), 'kept\n')
    const disk = join(folder, 'disk')
    writeFileSync(disk, '')
    truncateSync(disk, 16 * 1024 ** 2)
    runTool(folder, 'mke2fs', '-q', '-F', '-t', 'ext4', '-N', '2000', '-d', root, disk)
    const found = await findCleanTools()
    if (!found) throw new Error('The tools are there, and are not found.')
    const runs: string[] = []
    const tools: typeof found = {
      ...found,
      run: async (name, args, options) => {
        runs.push(name)
        return await found.run(name, args, options)
      },
    }
    const volume = { disk, start: 0, partition: 0, commands: join(folder, 'commands'), fileBytes: 16 * 1024 ** 2 }
    await removeTemporary(volume, { tools, signal: new AbortController().signal })
    // One for each depth, and one that removes.
    expect(runs.length).toBeLessThanOrEqual(6)
    // An entry without an inode was removed.
    const list = (path: string) =>
      runTool(folder, 'debugfs', '-R', `ls -p ${path}`, disk).match(/(?<=^\/[1-9]\d*\/.*\/)[^/]+(?=\/[^/]*\/$)/gm)
    expect([list('/tmp'), list('/var/tmp')]).toEqual([
      ['.', '..'],
      ['.', '..'],
    ])
    expect(list('/')).toContain('srv')
    runTool(folder, 'e2fsck', '-fn', disk)
  },
)
