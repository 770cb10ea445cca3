import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { cleanDisk } from '../clean'
import { hasTools, runTool, toolsNote } from '../fixtures/tools'
import { openFileBlocks } from '../guest/blocks'
import { openQcow2 } from '../guest/qcow2-blocks'
import { filledOf, skipHolesOf } from './holes'
import { findCleanTools } from './tools'
import { openWritable } from './writable'

const mib = 1024 ** 2
const folder = mkdtempSync(join(tmpdir(), 'clean-zero-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(() => {
  vi.stubEnv('DATABASE_URL', 'none')
  return () => vi.unstubAllEnvs()
})

const { signal } = new AbortController()
const needed = ['mke2fs', 'debugfs', 'e2fsck', 'qemu-img']
const testWithTools = test.skipIf(!hasTools(...needed))
const note = toolsNote(...needed)

async function write(path: string, text: string, at: number): Promise<void> {
  const file = await open(path, 'r+')
  await file.write(text, at, 'latin1')
  await file.close()
}

function sparse(name: string, size: number): string {
  const path = join(folder, name)
  writeFileSync(path, '')
  truncateSync(path, size)
  return path
}

testWithTools(`what was written to a copy in any way is zeroed, and the rest stays a hole${note}`, async () => {
  const tools = await findCleanTools()
  if (!tools) throw new Error('The tools are there, and are not found.')
  const raw = sparse('raw', 16 * mib)
  await write(raw, 'before', 9 * mib)
  const skipHole = skipHolesOf(await filledOf(raw, { tools, signal }))
  expect([0, 9 * mib, 12 * mib].map(skipHole)).toEqual([9 * mib, 9 * mib, Number.POSITIVE_INFINITY])

  const disk = await openWritable(raw, { slot: { start: 4 * mib, size: 12 * mib }, skipHole })
  expect(disk.isWritten()).toBe(false)
  disk.write(Buffer.from('in a hole'), 2 * mib - 4)
  disk.write(Buffer.from('kept'), 10 * mib)
  expect([disk.isWritten(), disk.read(5 * mib, 6).toString()]).toEqual([true, 'before'])
  await disk.zero(0, 10 * mib)
  expect(disk.read(0, 4 * mib).equals(Buffer.alloc(4 * mib))).toBe(true)
  expect(disk.read(4 * mib, 4 * mib).equals(Buffer.alloc(4 * mib))).toBe(true)
  expect(disk.read(10 * mib, 4).toString()).toBe('kept')
  await disk.close()
  expect(skipHolesOf(await filledOf(raw, { tools, signal }))(0)).toBeGreaterThanOrEqual(5 * mib)
})

testWithTools(`what replaying a journal puts where the original has a hole is zeroed as well${note}`, async () => {
  const raw = sparse('ext', 32 * mib)
  runTool(folder, 'mke2fs', '-q', '-F', '-t', 'ext4', '-b', '4096', raw)
  const block = 5000
  writeFileSync(join(folder, 'block'), 'replayed'.repeat(512))
  writeFileSync(join(folder, 'commands'), `jo\njw -b ${block} ${join(folder, 'block')}\njc\n`)
  runTool(folder, 'debugfs', '-w', '-f', join(folder, 'commands'), raw)
  const source = join(folder, 'source.qcow2')
  runTool(folder, 'qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, source)
  // It exits with 1 because it repaired something.
  spawnSync('e2fsck', ['-fy', raw], { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } })
  const replayed = openFileBlocks(raw)
  expect(replayed.read(block * 4096, 8).toString()).toBe('replayed')
  replayed.close()

  const target = join(folder, 'clean.qcow2')
  const job = { target, findings: [], isReset: false, sizeMax: 64 * mib, signal }
  expect(await cleanDisk({ ...job, source: { path: source, format: 'qcow2' } })).toEqual({ ok: true })
  const file = openFileBlocks(target)
  expect(
    openQcow2(file)
      .read(block * 4096, 4096)
      .equals(Buffer.alloc(4096)),
  ).toBe(true)
  file.close()
})
