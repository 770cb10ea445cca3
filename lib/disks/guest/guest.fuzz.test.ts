import fc from 'fast-check'
import { expect, test } from 'vitest'
import { patched, qcow2Disk, qcow2Places, rawDisk } from '../fixtures/patch'
import { writeMbr, writeParts } from '../fixtures/tables'
import { type DiskLayout, parseDiskLayout } from '../layout'
import { type Blocks, bufferBlocks, makeBlocks, partOf, UnreadableBlocks } from './blocks'
import { findBootMode } from './boot-mode'
import { findFileSystem } from './file-systems/probe'
import { readPartitionTable } from './partition-table'
import { openQcow2 } from './qcow2-blocks'
import { scanDisk } from './scan'

const mib = 1024 ** 2
const bytesMax = 64 * mib

// Boundary values of the checks, and random ones.
const edges = [0n, 1n, 2n, 8n, 9n, 16n, 21n, 63n, 512n, 4096n, 16384n, 2n ** 20n, 2n ** 31n, 2n ** 32n - 1n]
const farEdges = [2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 55n, 2n ** 62n, 2n ** 63n, 2n ** 64n - 1n]
const value = fc.oneof(fc.constantFrom(...edges, ...farEdges), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))

/** A disk and the offsets in it that parsers read. */
type Base = { disk: Buffer; places: readonly number[] }

function changed({ disk, places }: Base, countMax: number) {
  const near = fc.tuple(fc.constantFrom(...places), fc.nat(64)).map(([place, more]) => place + more)
  const at = fc.oneof({ weight: 4, arbitrary: near }, { weight: 1, arbitrary: fc.nat(disk.length - 8) })
  const change = fc.record({ at, width: fc.constantFrom(1, 2, 4, 8), value, isBig: fc.boolean() })
  return fc.array(change, { minLength: 1, maxLength: countMax }).map((changes) =>
    patched(
      disk,
      ...changes.map((one) => {
        const bytes = Buffer.alloc(8)
        bytes.writeBigUInt64LE(one.value)
        const put = bytes.subarray(0, one.width)
        return { at: Math.min(one.at, disk.length - 8), put: one.isBig ? put.reverse() : put }
      }),
    ),
  )
}

const logical = Buffer.alloc(4 * mib)
writeMbr(logical, 0, { type: '0x83', start: 64, sectors: 64 }, { type: '0x05', start: 2048, sectors: 4096 })
writeMbr(logical, 2048, { type: '0x83', start: 64, sectors: 64 }, { type: '0x05', start: 1024, sectors: 1024 })
writeMbr(logical, 3072, { type: '0x82', start: 64, sectors: 64 })
const many = writeParts(
  Buffer.alloc(4 * mib),
  Array.from({ length: 24 }, (_, index) => ({
    type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
    start: 64 + index,
    sectors: 1,
  })),
)
const volume = rawDisk.subarray(mib)

const bases: Record<string, Base> = {
  'a GPT': { disk: rawDisk, places: [446, 510, 512, 520, 584, 592, 1024, 1056, mib, mib + 11, rawDisk.length - 512] },
  'a full GPT': { disk: many, places: [510, 512, 584, 592, 1024] },
  'logical partitions': { disk: logical, places: [446, 462, 510, mib + 446, mib + 462, mib + 510, mib * 1.5 + 446] },
  'a file system': { disk: volume, places: [0, 11, 32, 64, 446, 1024, 1080, 1124, 4086, 32768, 32808, 65600, 131072] },
}

/** Counts the bytes read, and checks that no read returns more than requested. */
function watched(blocks: Blocks): Blocks & { total(): number } {
  let total = 0
  const counted = makeBlocks(blocks.size, (into, offset) => {
    const bytes = blocks.readInto(into, offset)
    expect(bytes).toBeLessThanOrEqual(into.length)
    total += bytes
    return bytes
  })
  return { ...counted, total: () => total }
}

function readAll(disk: Blocks): DiskLayout {
  const { table, slots, unread } = readPartitionTable(disk)
  const partitions = slots.map((slot) => {
    expect(slot.start + slot.size).toBeLessThanOrEqual(disk.size)
    const fileSystem = findFileSystem(partOf(disk, slot.start, slot.size))
    return { ...slot, fileSystem: fileSystem && { ...fileSystem, files: null, isReadable: false } }
  })
  const bootMode = findBootMode(disk, { table, slots })
  return { table, size: disk.size, partitions, operatingSystem: null, bootMode, unread }
}

test.each(Object.entries(bases))(
  'no mutated %s makes the readers throw, read outside the disk or read without end',
  (_, base) => {
    const property = fc.property(changed(base, 4), (bytes) => {
      const disk = watched(bufferBlocks(bytes))
      expect(parseDiskLayout(JSON.parse(JSON.stringify(readAll(disk))))).not.toBeNull()
      expect(disk.total()).toBeLessThan(bytesMax)
    })
    fc.assert(property, { numRuns: 600 })
  },
)

test('no mutated qcow2 makes its reader throw anything but UnreadableBlocks', () => {
  const base = { disk: qcow2Disk, places: [4, 20, 24, 36, 40, 72, 96, 104, qcow2Places.l1, qcow2Places.l2] }
  let opened = 0
  const property = fc.property(changed(base, 3), (bytes) => {
    const file = watched(bufferBlocks(bytes))
    try {
      const disk = openQcow2(file)
      readAll(disk)
      for (const offset of [0, 4096, disk.size / 2, disk.size - 1]) disk.read(Math.floor(offset), 65536)
      opened += 1
    } catch (error) {
      expect(error).toBeInstanceOf(UnreadableBlocks)
    }
    expect(file.total()).toBeLessThan(bytesMax)
  })
  fc.assert(property, { numRuns: 4000 })
  expect(opened).toBeGreaterThan(100)
})

test('random bytes never make the readers throw', () => {
  const marks = ['', 'QFI\xfb\0\0\0\x03', 'EFI PART', 'XFSB', 'hsqs', 'LUKS\xba\xbe', 'LABELONE'].map((mark) =>
    Buffer.from(mark, 'latin1'),
  )
  const property = fc.property(fc.constantFrom(...marks), fc.uint8Array({ maxLength: 3000 }), (mark, rest) => {
    readAll(bufferBlocks(Buffer.concat([mark, rest])))
  })
  fc.assert(property, { numRuns: 2000 })
})

test('no mutated file system makes 7-Zip do more than fail to read it', async () => {
  const base = { disk: rawDisk, places: [mib, mib + 11, mib + 512, mib + 1024, mib + 20 * 512] }
  let readable = 0
  const property = fc.asyncProperty(changed(base, 6), async (bytes) => {
    const options = { open: () => bufferBlocks(bytes), memoryBytesMax: 96 * mib, onProgress: () => {} }
    const layout = await scanDisk(options)
    expect(parseDiskLayout(layout)).toEqual(layout)
    if (layout.partitions[0]?.fileSystem?.isReadable) readable += 1
  })
  await fc.assert(property, { numRuns: 300 })
  expect(readable).toBeGreaterThan(0)
})
