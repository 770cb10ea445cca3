import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { hasTools, runTool, toolsNote } from '../fixtures/tools'
import { applySteps, writeExt } from './ext'
import { removeTemporary } from './temporary'
import { findCleanTools, type ToolEnd } from './tools'

const needed = ['mke2fs', 'debugfs', 'e2fsck', 'qemu-img']
const folder = mkdtempSync(join(tmpdir(), 'clean-temporary-'))
afterAll(() => rmSync(folder, { recursive: true }))

const mib = 1024 ** 2

/** An ext4 file system with files from `fill`, and the options to clean it. */
async function madeVolume(name: string, fill: (root: string) => void) {
  const root = join(folder, `${name}-root`)
  for (const place of ['tmp', 'var/tmp', 'etc']) mkdirSync(join(root, place), { recursive: true })
  fill(root)
  const disk = join(folder, name)
  writeFileSync(disk, '')
  truncateSync(disk, 32 * mib)
  runTool(folder, 'mke2fs', '-q', '-F', '-t', 'ext4', '-N', '2000', '-d', root, disk)
  const tools = await findCleanTools()
  if (!tools) throw new Error('The tools are there, and are not found.')
  const volume = { disk, start: 0, partition: 0, commands: join(folder, 'commands'), fileBytes: 32 * mib }
  return { disk, volume, tools, signal: new AbortController().signal }
}

type Tools = NonNullable<Awaited<ReturnType<typeof findCleanTools>>>
/** The tools, with a changed result. */
function changing(tools: Tools, change: (end: ToolEnd, args: string[]) => Partial<ToolEnd>): Tools {
  const run: Tools['run'] = async (name, args, options) => {
    const end = await tools.run(name, args, options)
    return { ...end, ...change(end, args) }
  }
  return { ...tools, run }
}

// Entries without an inode are deleted.
const namesIn = (disk: string, path: string) =>
  runTool(folder, 'debugfs', '-R', `ls -p ${path}`, disk).match(/(?<=^\/[1-9]\d*\/.*\/)[^/]+(?=\/[^/]*\/$)/gm)

test.skipIf(!hasTools(...needed))(
  `hundreds of folders are emptied by a few runs of debugfs${toolsNote(...needed)}`,
  async () => {
    const { disk, volume, tools, signal } = await madeVolume('many', (root) => {
      for (let index = 0; index < 200; index += 1) {
        const place = join(root, index % 2 ? 'tmp' : 'var/tmp', `build-${index}/a/b`)
        mkdirSync(place, { recursive: true })
        writeFileSync(join(place, 'out.txt'), 'text\n')
      }
      writeFileSync(join(root, 'tmp/debugfs: ls -p tmp'), 'a name like a command\n')
      mkdirSync(join(root, 'tmp/kept'))
      writeFileSync(join(root, 'tmp/kept/my "file"'), 'a name that no command can say\n')
      writeFileSync(join(root, 'tmp/kept/two\nlines'), 'a name that a listing tears\n')
      writeFileSync(join(root, 'srv'), 'kept\n')
    })
    const runs: string[][] = []
    const counted = changing(tools, (_, args) => {
      runs.push(args)
      return {}
    })
    expect(await removeTemporary(volume, { tools: counted, signal })).toBe(true)
    // One for each depth and one that removes; each depth has 200 folders or a few more.
    expect(runs.length).toBeLessThanOrEqual(7)
    expect([namesIn(disk, '/tmp'), namesIn(disk, '/tmp/kept'), namesIn(disk, '/var/tmp')]).toEqual([
      ['.', '..', 'kept'],
      ['.', '..', 'my "file"', 'two\nlines'],
      ['.', '..'],
    ])
    expect(namesIn(disk, '/')).toContain('srv')
    runTool(folder, 'e2fsck', '-fn', disk)
  },
)

test.skipIf(!hasTools(...needed))(
  `incomplete output of debugfs is taken as a failure${toolsNote(...needed)}`,
  async () => {
    const { disk, volume, tools, signal } = await madeVolume('cut', (root) => {
      writeFileSync(join(root, 'tmp/a'), 'text\n')
      writeFileSync(join(root, 'tmp/b'), 'text\n')
      writeFileSync(join(root, 'etc/shadow'), `root:$6$ab$cd:19000:0:99999:7:::\n${'#'.repeat(17 * mib)}\n`)
    })
    const removed = (change: Parameters<typeof changing>[1]) =>
      removeTemporary(volume, { tools: changing(tools, change), signal })
    const isListing = (args: string[]) => !args.includes('-w')
    expect(
      await removed((end, args) => (isListing(args) ? { stdout: end.stdout.slice(0, -80), isCut: true } : {})),
    ).toBe(false)
    expect(await removed((_, args) => (isListing(args) ? { code: null, signal: 'SIGKILL' } : {}))).toBe(false)
    // The listing of the second folder is missing.
    expect(await removed(({ stdout }) => ({ stdout: stdout.slice(0, stdout.indexOf('debugfs: ls -p "/var')) }))).toBe(
      false,
    )
    expect(namesIn(disk, '/tmp')).toEqual(['.', '..', 'a', 'b'])
    expect(
      await removed((end, args) => (isListing(args) ? {} : { stderr: `${end.stderr}rm: Input/output error` })),
    ).toBe(false)

    // Of an output longer than the limit only a part is kept.
    const printed = await tools.run('debugfs', ['-R', 'cat /etc/shadow', disk], { signal, fileBytes: 0 })
    expect(printed.isCut).toBe(true)
    expect(printed.stdout.length).toBeLessThanOrEqual(16 * mib)
    const step = { path: 'etc/shadow', shown: 'etc/shadow', action: 'lock' } as const
    const refusal = { code: 'FILE_NOT_FOUND', path: 'etc/shadow' }
    expect(await applySteps(volume, [step], { tools, signal })).toEqual(refusal)
    expect(runTool(folder, 'debugfs', '-R', 'stat /etc/shadow', disk)).toMatch(/Size: 178\d{5}/)
  },
)

test.skipIf(!hasTools(...needed))(
  `a folder with two paths is emptied once, and one that is too deep does not count as empty${toolsNote(...needed)}`,
  async () => {
    const { disk, volume, tools, signal } = await madeVolume('deep', (root) => {
      rmSync(join(root, 'var'), { recursive: true })
      symlinkSync('.', join(root, 'var'))
      writeFileSync(join(root, 'tmp/a'), 'text\n')
    })
    expect(await removeTemporary(volume, { tools, signal })).toBe(true)
    expect(namesIn(disk, '/tmp')).toEqual(['.', '..'])
    const lines = Array.from({ length: 17 }, (_, depth) => `mkdir "/tmp${`/${'n'.repeat(250)}`.repeat(depth + 1)}"\n`)
    writeFileSync(volume.commands, lines.join(''))
    runTool(folder, 'debugfs', '-w', '-f', volume.commands, disk)
    expect(await removeTemporary(volume, { tools, signal })).toBe(false)
    // debugfs would run the end of such a line as a command.
    const long = `rm "/${'n'.repeat(8_200)}"`
    await expect(writeExt(volume, [long], { tools, signal })).rejects.toThrow('too long')
  },
)
