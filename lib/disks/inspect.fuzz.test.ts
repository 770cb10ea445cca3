import fc from 'fast-check'
import { expect, test } from 'vitest'
import { watched } from './fixtures/mutation'
import { patched, patchedGpt, qcow2Disk, rawDisk } from './fixtures/patch'
import { mbrDisk } from './fixtures/raw'
import { tableOf } from './formats/partitions'
import { inspectDisk } from './inspect'
import { bufferReader } from './reader'

// Boundary values of the checks, and random ones.
const edges = [
  0n,
  1n,
  2n,
  4n,
  8n,
  16n,
  511n,
  512n,
  4096n,
  8192n,
  12288n,
  16384n,
  16896n,
  20480n,
  2n ** 20n,
  2n ** 31n,
  2n ** 32n - 1n,
]
const farEdges = [2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 55n, 2n ** 62n, 2n ** 63n, 2n ** 64n - 1n]
const value = fc.oneof(fc.constantFrom(...edges, ...farEdges), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))

type Change = { at: number; width: number; value: bigint }

function changes(places: readonly number[], length: number) {
  const at = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...places) }, { weight: 1, arbitrary: fc.nat(length) })
  return fc.array(fc.record({ at, width: fc.constantFrom(1, 2, 4, 8, 8, 8), value }), { minLength: 1, maxLength: 4 })
}

// The low bytes of the value, in either order.
function apply(disk: Buffer, list: readonly Change[], order: 'big' | 'little'): Buffer {
  return patched(
    disk,
    ...list.map((change) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64LE(change.value)
      const put = bytes.subarray(0, change.width)
      return { at: change.at, put: order === 'little' ? put : put.reverse() }
    }),
  )
}

// Header fields, the first table entries and the offset of an extension.
const qcow2Places = [
  4, 8, 16, 20, 24, 32, 36, 40, 48, 56, 60, 72, 80, 88, 96, 100, 104, 112, 116, 120, 4096, 8192, 12288, 12296, 16384,
]

test('no mutated qcow2 makes the inspector throw, and no accepted one points outside its file', async () => {
  let accepted = 0
  const property = fc.asyncProperty(changes(qcow2Places, 20480), async (list) => {
    const disk = apply(qcow2Disk, list, 'big')
    const { reader, outside } = watched(bufferReader(disk))
    const inspection = await inspectDisk(reader)
    expect(outside).toEqual([])
    if (!inspection.ok || inspection.disk.format !== 'qcow2') return
    accepted += 1
    expect(faultsOf(disk)).toEqual([])
  })
  await fc.assert(property, { numRuns: 8000 })
  expect(accepted).toBeGreaterThan(100)
})

/** A second parser of the format, plain and slow, that shares no code with the inspector. */
function faultsOf(disk: Buffer): string[] {
  const version = disk.readUInt32BE(4)
  const clusterSize = 1n << BigInt(disk.readUInt32BE(20))
  const size = BigInt(disk.length)
  const l1At = disk.readBigUInt64BE(40)
  const l1Entries = disk.readUInt32BE(36)
  const features = version === 3 ? disk.readBigUInt64BE(72) : 0n
  const tables: bigint[] = []
  if (l1At + BigInt(l1Entries) * 8n <= size) {
    for (let entry = 0; entry < l1Entries; entry += 1) {
      tables.push(disk.readBigUInt64BE(Number(l1At) + entry * 8) & 0x00fffffffffffe00n)
    }
  }
  const used = tables.filter((table) => table !== 0n)
  const faults = {
    version: version !== 2 && version !== 3,
    backing: disk.readBigUInt64BE(8) !== 0n,
    crypt: disk.readUInt32BE(32) !== 0,
    snapshots: disk.readUInt32BE(60) !== 0,
    features: (features & ~24n) !== 0n,
    cluster: clusterSize < 512n || clusterSize > 2n ** 21n,
    virtualSize: disk.readBigUInt64BE(24) > 2n ** 41n,
    l1: l1At + BigInt(l1Entries) * 8n > size || l1At < clusterSize || l1At % clusterSize !== 0n,
    refcounts: disk.readBigUInt64BE(48) + BigInt(disk.readUInt32BE(56)) * clusterSize > size,
    l2: used.some((table) => table + clusterSize > size || table < clusterSize || table % clusterSize !== 0n),
    shared: new Set(used).size !== used.length,
  }
  return Object.entries(faults).flatMap(([name, isFault]) => (isFault ? [name] : []))
}

const mbrPlaces = [0, 3, 11, 446, 450, 454, 458, 462, 466, 470, 478, 482, 486, 494, 498, 502, 510]
const gptPlaces = [512, 520, 524, 528, 536, 544, 584, 592, 596, 600, 1024, 1056, 1064, 1152, 1184, 1192]
const fileSystemPlaces = [1028, 1048, 1080, 1100, 65600]

// Only the size of the data behind the tables matters; copying less of it leaves time for more runs.
const rawBases = [rawDisk, mbrDisk, rawDisk.subarray(1024 ** 2)].map((disk) => ({
  size: disk.length,
  start: disk.subarray(0, 128 * 1024),
}))

test('no mutated raw disk makes the inspector throw, and no accepted one has a partition outside it', async () => {
  let accepted = 0
  const property = fc.asyncProperty(
    fc.constantFrom(...rawBases),
    changes([...mbrPlaces, ...gptPlaces, ...fileSystemPlaces], 2048),
    fc.boolean(),
    async ({ size, start }, list, isRepaired) => {
      const changed = apply(start, list, 'little')
      const disk = isRepaired && hasGpt(changed) ? patchedGpt(changed) : changed
      const { reader, outside } = watched({ size, read: bufferReader(disk).read })
      const inspection = await inspectDisk(reader)
      expect(outside).toEqual([])
      if (!inspection.ok) return
      accepted += 1
      expect(inspection.disk).toEqual({ format: 'raw', virtualSize: size, allocatedBytes: size })
      // Without a valid header or a protective MBR, the signature of a GPT alone is no table.
      if (tableOf(disk.subarray(0, 1024)) === 'gpt')
        expect(partitionEnds(disk).filter((end) => end > BigInt(size))).toEqual([])
    },
  )
  await fc.assert(property, { numRuns: 4000 })
  expect(accepted).toBeGreaterThan(100)
})

function hasGpt(disk: Buffer): boolean {
  return disk.toString('latin1', 512, 520) === 'EFI PART'
}

// Ends of the partitions of a GPT in bytes, for tables of 128-byte entries that begin in the third sector.
function partitionEnds(disk: Buffer): bigint[] {
  if (disk.readBigUInt64LE(584) !== 2n || disk.readUInt32LE(596) !== 128) return []
  const entries = Array.from({ length: disk.readUInt32LE(592) }, (_, index) => disk.subarray(1024 + index * 128))
  const used = entries.filter((entry) => entry.subarray(0, 16).some((byte) => byte !== 0))
  return used.map((entry) => (entry.readBigUInt64LE(40) + 1n) * 512n)
}

test('random bytes never make the inspector throw', async () => {
  const foreign = ['KDMV\x01\0\0\0', 'COWD', 'conectix', 'vhdxfile', '# Disk DescriptorFile\nversion=1\n']
  const marks = ['', 'QFI\xfb\0\0\0\x03', 'QFI\xfb\0\0\0\x02', 'EFI PART', 'XFSB', 'hsqs', ...foreign].map((mark) =>
    Buffer.from(mark, 'latin1'),
  )
  const property = fc.asyncProperty(
    fc.constantFrom(...marks),
    fc.uint8Array({ maxLength: 700 }),
    async (mark, rest) => {
      const { reader, outside } = watched(bufferReader(Buffer.concat([mark, rest])))
      const inspection = await inspectDisk(reader)
      expect(outside).toEqual([])
      expect(inspection).toHaveProperty('ok', false)
    },
  )
  await fc.assert(property, { numRuns: 3000 })
})
