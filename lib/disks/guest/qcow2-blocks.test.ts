import { createHash } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, deflateRawSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { packedQcow2 } from '../fixtures/packed'
import { patched, places, qcow2Disk, qcow2Header, qcow2Places, rawDisk } from '../fixtures/patch'
import { hasQemu, qemuImg, qemuNote } from '../fixtures/qemu'
import { buildQcow2 } from '../samples'
import { type Blocks, bufferBlocks, makeBlocks, openFileBlocks, UnreadableBlocks } from './blocks'
import { openQcow2 } from './qcow2-blocks'

const mib = 1024 ** 2
const folder = mkdtempSync(join(tmpdir(), 'guest-qcow2-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Hashes a whole disk, read in pieces that do not match its clusters. */
function digest(disk: Blocks, piece = 1_000_003): string {
  const hash = createHash('sha256')
  for (let at = 0; at < disk.size; at += piece) hash.update(disk.read(at, piece))
  return hash.digest('hex')
}

const expected = digest(bufferBlocks(rawDisk))

function whyOf(read: () => unknown): string | null {
  try {
    read()
    return null
  } catch (error) {
    if (error instanceof UnreadableBlocks) return error.why
    throw error
  }
}

test.each([9, 12, 16, 21])('a disk in clusters of 2^%i bytes reads as the raw one', (clusterBits) => {
  const disk = openQcow2(bufferBlocks(buildQcow2({ raw: rawDisk, clusterBits })))
  expect(disk.size).toBe(rawDisk.length)
  expect(digest(disk)).toBe(expected)
  expect(digest(disk, 777)).toBe(expected)
})

test.each([16, 21])('deflated clusters of 2^%i bytes read as the raw ones', (clusterBits) => {
  const noise = Buffer.from(rawDisk)
  for (let at = 0; at < noise.length; at += 7) noise[at] = (at * 2_654_435_761) >>> 24
  for (const raw of [rawDisk, noise]) {
    const disk = openQcow2(bufferBlocks(packedQcow2(raw, clusterBits)))
    expect(digest(disk)).toBe(digest(bufferBlocks(raw)))
  }
})

test('a cluster marked as zeros reads as zeros, whether or not it has an offset', () => {
  const first = qcow2Disk.readBigUInt64BE(qcow2Places.l2)
  const disk = openQcow2(bufferBlocks(patched(qcow2Disk, { at: qcow2Places.l2, put: first | 1n })))
  expect(disk.read(0, 4096).every((byte) => byte === 0)).toBe(true)
  expect(disk.read(0, 8192).subarray(4096).equals(rawDisk.subarray(4096, 8192))).toBe(true)
})

test('reads stay inside the disk', () => {
  const disk = openQcow2(bufferBlocks(qcow2Disk))
  for (const [offset, length] of [
    [-5, 3],
    [rawDisk.length, 10],
    [2 ** 53, 10],
    [0, -1],
  ] as const) {
    expect(disk.read(offset, length)).toHaveLength(0)
  }
  expect(disk.read(rawDisk.length - 3, 10)).toHaveLength(3)
})

const refused = {
  'no header': [Buffer.alloc(100), 'damaged'],
  'another version': [patched(qcow2Disk, { at: 4, put: 4 }), 'format'],
  'a backing file': [patched(qcow2Disk, { at: 8, put: 4096n }), 'format'],
  encryption: [patched(qcow2Disk, { at: 32, put: 2 }), 'format'],
  'an external data file': [patched(qcow2Disk, { at: 72, put: 4n }), 'format'],
  'extended L2': [patched(qcow2Disk, { at: 72, put: 16n }), 'format'],
  'clusters of 2 GiB': [patched(qcow2Disk, { at: 20, put: 31 }), 'format'],
  'a size that no number holds': [patched(qcow2Disk, { at: 24, put: 2n ** 63n }), 'damaged'],
  'an L1 table that is too small': [patched(qcow2Disk, { at: 36, put: 1 }), 'damaged'],
  'an L1 table outside': [patched(qcow2Disk, { at: 40, put: 2n ** 62n }), 'damaged'],
} as const

test.each(Object.entries(refused))('%s cannot be opened', (_, [file, why]) => {
  expect(whyOf(() => openQcow2(bufferBlocks(file)))).toBe(why)
})

const broken = {
  'a table outside': { at: qcow2Places.l1, put: 2n ** 50n },
  'a table off its place': { at: qcow2Places.l1, put: BigInt(qcow2Places.l2 + 512) },
  'a cluster outside': { at: qcow2Places.l2, put: 2n ** 50n },
  'a cluster off its place': { at: qcow2Places.l2, put: 512n },
  'a deflated cluster that is none': { at: qcow2Places.l2, put: (1n << 62n) | 3n },
  'a deflated cluster outside': { at: qcow2Places.l2, put: (1n << 62n) | (1n << 50n) },
}

test.each(Object.entries(broken))('%s is reported as damaged on reading', (_, patch) => {
  const disk = openQcow2(bufferBlocks(patched(qcow2Disk, patch)))
  expect(whyOf(() => disk.read(0, 512))).toBe('damaged')
})

test('a cluster that inflates to a gibibyte is reported as damaged, without taking that memory', () => {
  const clusterBits = 21
  const clusterSize = 2 ** clusterBits
  // Deflate pieces without a final block, so that they concatenate to one stream.
  const piece = deflateRawSync(Buffer.alloc(16 * mib), { finishFlush: constants.Z_SYNC_FLUSH })
  const bomb = Buffer.concat(Array.from({ length: 64 }, () => piece))
  const packed = packedQcow2(Buffer.alloc(clusterSize), clusterBits)
  const entry = packed.readBigUInt64BE(3 * clusterSize) | (4095n << BigInt(62 - (clusterBits - 8)))
  const file = Buffer.concat([patched(packed, { at: 3 * clusterSize, put: entry }).subarray(0, 4 * clusterSize), bomb])
  const before = process.resourceUsage().maxRSS
  expect(whyOf(() => openQcow2(bufferBlocks(file)).read(0, 512))).toBe('damaged')
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(200 * 1024)
})

test('memory for cached tables does not grow with the disk', () => {
  const clusterBits = 16
  const clusterSize = 2 ** clusterBits
  const tables = 512
  const firstTable = 3 * clusterSize
  let reads = 0
  const file = makeBlocks((tables + 3) * clusterSize, (into, offset) => {
    into.fill(0)
    if (offset === 0) qcow2Header(clusterBits, BigInt(tables * 2 ** 29), tables).copy(into)
    if (offset === 2 * clusterSize) places(tables, firstTable, clusterSize).copy(into)
    if (offset === firstTable) reads += 1
    return into.length
  })
  const disk = openQcow2(file)
  disk.read(0, 1)
  disk.read(1, 1)
  expect(reads).toBe(1)
  for (let at = 2 ** 29; at < disk.size; at += 2 ** 29) disk.read(at, 1)
  disk.read(0, 1)
  expect(reads).toBe(2)
})

const made = {
  'version 2': ['-o', 'compat=0.10'],
  'version 3': [],
  'clusters of 512 bytes': ['-o', 'cluster_size=512'],
  'clusters of 2 MiB': ['-o', 'cluster_size=2M'],
  deflate: ['-c'],
  'deflate in clusters of 2 MiB': ['-c', '-o', 'cluster_size=2M'],
}

test.skipIf(!hasQemu).each(Object.entries(made))(`QEMU's %s reads as the raw disk${qemuNote}`, (_, options) => {
  writeFileSync(join(folder, 'disk.raw'), rawDisk)
  qemuImg(folder, 'convert', '-f', 'raw', '-O', 'qcow2', ...options, 'disk.raw', 'disk.qcow2')
  const file = openFileBlocks(join(folder, 'disk.qcow2'))
  expect(digest(openQcow2(file))).toBe(expected)
  file.close()
})

test.skipIf(!hasQemu)(`QEMU's zstd is not reported as damage${qemuNote}`, () => {
  writeFileSync(join(folder, 'disk.raw'), rawDisk)
  qemuImg(folder, 'convert', '-c', '-f', 'raw', '-O', 'qcow2', '-o', 'compression_type=zstd', 'disk.raw', 'z.qcow2')
  const file = openFileBlocks(join(folder, 'z.qcow2'))
  const disk = openQcow2(file)
  expect(whyOf(() => disk.read(0, 512))).toBe('format')
  file.close()
})

test.skipIf(!hasQemu)(`data beyond 4 GiB is read${qemuNote}`, () => {
  const raw = join(folder, 'large.raw')
  const at = 6 * 1024 ** 3 + 12_345
  const to = openSync(raw, 'w')
  writeSync(to, 'far behind', at)
  closeSync(to)
  truncateSync(raw, 8 * 1024 ** 3)
  for (const options of [[], ['-c']]) {
    qemuImg(folder, 'convert', ...options, '-f', 'raw', '-O', 'qcow2', 'large.raw', 'large.qcow2')
    const file = openFileBlocks(join(folder, 'large.qcow2'))
    expect(openQcow2(file).read(at, 10).toString()).toBe('far behind')
    file.close()
  }
  const file = openFileBlocks(raw)
  expect(file.read(at, 10).toString()).toBe('far behind')
  file.close()
})
