import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { smallDisk } from '@/lib/testing/small-disk'
import { NoRoom } from '../convert'
import { hasTools, toolsNote } from '../fixtures/tools'
import { copyPieces } from './pieces'
import { findCleanTools } from './tools'

const mib = 1024 ** 2
const folder = mkdtempSync(join(tmpdir(), 'clean-pieces-'))
const full = smallDisk('tmpfs', 4)
afterAll(() => {
  full.end()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  vi.stubEnv('DATABASE_URL', 'none')
  return () => vi.unstubAllEnvs()
})

const names = ['debugfs', 'e2fsck', 'qemu-img']
const { signal } = new AbortController()

/** Copies ranges from a file to another one full of zeros, and back. */
async function copier() {
  const tools = await findCleanTools()
  if (!tools) throw new Error('The tools are there, and are not found.')
  return async (pieces: Parameters<typeof copyPieces>[0], from: string, to: string) =>
    await copyPieces(pieces, { from, to, tools, signal })
}

function sparse(file: string, bytes: number): string {
  writeFileSync(file, '')
  truncateSync(file, bytes)
  return file
}

test.skipIf(!hasTools(...names))(
  `pieces are copied in order and back to their place, and holes stay holes${toolsNote(...names)}`,
  async () => {
    const copy = await copier()
    const disk = join(folder, 'disk')
    const [one, two] = [Buffer.alloc(3 * mib - 512, 'one '), Buffer.alloc(2 * mib, 'two ')]
    writeFileSync(disk, Buffer.concat([Buffer.alloc(mib, 'before'), one, Buffer.alloc(512, 'between'), two]))
    truncateSync(disk, 600 * mib)
    const out = [
      { from: 4 * mib, to: 0, length: 2 * mib },
      { from: mib, to: 2 * mib, length: one.length },
      { from: 100 * mib, to: 2 * mib + one.length, length: 500 * mib },
    ]
    const volume = sparse(join(folder, 'volume'), 502 * mib + one.length)
    await copy(out, disk, volume)
    const read = readFileSync(volume)
    expect(read.subarray(0, 2 * mib).equals(two)).toBe(true)
    expect(read.subarray(2 * mib, 2 * mib + one.length).equals(one)).toBe(true)
    expect(statSync(volume).blocks * 512).toBeLessThan(16 * mib)

    // A range that became a hole, and one that was a hole: both are written back.
    const cleaned = sparse(join(folder, 'cleaned'), 502 * mib + one.length)
    const before = readFileSync(disk)
    const late = 2 * mib + one.length + 400 * mib
    writeFileSync(cleaned, Buffer.alloc(2 * mib + one.length))
    truncateSync(cleaned, late)
    writeFileSync(cleaned, 'late', { flag: 'a' })
    truncateSync(cleaned, 502 * mib + one.length)
    await copy(
      out.map(({ from, to, length }) => ({ from: to, to: from, length })),
      cleaned,
      disk,
    )
    const after = readFileSync(disk)
    const wanted = Buffer.from(before)
    for (const [at, length] of [
      [4 * mib, 2 * mib],
      [mib, one.length],
    ] as const)
      wanted.fill(0, at, at + length)
    wanted.write('late', 500 * mib)
    expect(after.equals(wanted)).toBe(true)
    expect(statSync(disk).blocks * 512).toBeLessThan(16 * mib)
  },
)

test.skipIf(!hasTools(...names) || !full.isThere)(
  `a piece that does not fit throws NoRoom${toolsNote(...names)}${full.note}`,
  async () => {
    const copy = await copier()
    const disk = join(folder, 'large')
    writeFileSync(disk, Buffer.alloc(8 * mib, 'x'))
    const volume = sparse(join(full.folder, 'volume'), 8 * mib)
    await expect(copy([{ from: 0, to: 0, length: 8 * mib }], disk, volume)).rejects.toThrow(NoRoom)
  },
)
