import { expect, test } from 'vitest'
import { patched, rawDisk } from '../fixtures/patch'
import { writeMbr, writeParts } from '../fixtures/tables'
import { partitionsMax } from '../layout'
import { bufferBlocks, makeBlocks } from './blocks'
import { readPartitionTable } from './partition-table'

const mib = 1024 ** 2
const linux = '0FC63DAF-8483-4772-8E79-3D69D8477DE4'
const unknown = '01234567-89AB-CDEF-0123-456789ABCDEF'

const read = (disk: Buffer) => readPartitionTable(bufferBlocks(disk))
const empty = () => Buffer.alloc(8 * mib)

test('a sample disk of the project has one named partition in a GPT', () => {
  const { table, slots, unread } = read(rawDisk)
  expect({ table, unread }).toEqual({ table: 'gpt', unread: null })
  expect(slots).toEqual([
    { number: 1, start: mib, size: rawDisk.length - mib - 33 * 512, name: 'fixture', type: 'microsoft-data' },
  ])
})

test('entries of a GPT keep their numbers, and an unknown type is shown as its GUID', () => {
  const disk = writeParts(empty(), [
    { type: linux, start: 4096, sectors: 2048, name: 'root' },
    null,
    { type: unknown, start: 2048, sectors: 2048, name: 'x' },
  ])
  expect(read(disk).slots).toEqual([
    { number: 1, start: 2 * mib, size: mib, name: 'root', type: 'linux' },
    { number: 3, start: mib, size: mib, name: 'x', type: unknown },
  ])
})

test('a GPT in sectors of 4 KiB is read', () => {
  const disk = writeParts(empty(), [{ type: linux, start: 256, sectors: 256 }], 4096)
  expect(read(disk)).toMatchObject({ table: 'gpt', unread: null, slots: [{ number: 1, start: mib, size: mib }] })
})

test('the backup GPT is read if the first is broken, and the disk is reported as damaged', () => {
  const disk = writeParts(empty(), [{ type: linux, start: 2048, sectors: 2048 }])
  for (const at of [512, 520, 1024]) {
    const answer = read(patched(disk, { at, put: 0x12345678 }))
    expect(answer).toMatchObject({ table: 'gpt', unread: 'damaged', slots: [{ number: 1, type: 'linux' }] })
  }
  const both = patched(disk, { at: 512, put: 'nothing' }, { at: disk.length - 512, put: 'nothing' })
  expect(read(both)).toEqual({ table: 'gpt', slots: [], unread: 'damaged' })
})

test('partitions outside the disk, or with an end before their start, are left out', () => {
  const disk = writeParts(empty(), [
    { type: linux, start: 2048, sectors: 2048 },
    { type: linux, start: 4096, sectors: 1_000_000 },
    { type: linux, start: 2 ** 53 - 4096, sectors: 2 },
    { type: linux, start: 4096, sectors: -5 },
    { type: linux, start: 4096, sectors: 0 },
  ])
  expect(read(disk)).toMatchObject({ unread: 'damaged', slots: [{ number: 1 }] })
  expect(read(disk).slots).toHaveLength(1)
})

test('control and format characters are removed from names', () => {
  const name = 'a\u202eb\u0007\n\ud800c\u200b  d'
  const disk = writeParts(empty(), [{ type: linux, start: 2048, sectors: 2048, name }])
  expect(read(disk).slots[0]?.name).toBe('ab c d')
})

function withLogical(last: number): Buffer {
  const disk = empty()
  writeMbr(disk, 0, { type: '0x83', start: 2048, sectors: 2048 }, { type: '0x05', start: 4096, sectors: 12288 })
  writeMbr(disk, 4096, { type: '0x82', start: 2048, sectors: 1024 }, { type: '0x05', start: 4096, sectors: 4096 })
  writeMbr(disk, 8192, { type: '0x77', start: 2048, sectors: 512 }, { type: '0x05', start: last, sectors: 2048 })
  return disk
}

test('logical partitions of an MBR are numbered from 5', () => {
  const disk = withLogical(8192)
  writeMbr(disk, 12288, { type: '0x8e', start: 64, sectors: 64 })
  expect(read(disk)).toEqual({
    table: 'mbr',
    unread: null,
    slots: [
      { number: 1, start: 2048 * 512, size: mib, name: '', type: 'linux' },
      { number: 5, start: 6144 * 512, size: mib / 2, name: '', type: 'swap' },
      { number: 6, start: 10240 * 512, size: mib / 4, name: '', type: '0x77' },
      { number: 7, start: 12352 * 512, size: 64 * 512, name: '', type: 'lvm' },
    ],
  })
})

test('partitions of an MBR outside the disk are left out', () => {
  const disk = withLogical(8192)
  writeMbr(disk, 0, { type: '0x83', start: 2048, sectors: 20_000 })
  writeMbr(disk, 8192, { type: '0x77', start: 2048, sectors: 20_000 })
  const { slots, unread } = read(disk)
  expect({ numbers: slots.map(({ number }) => number), unread }).toEqual({ numbers: [5], unread: 'damaged' })
})

test('a chain of logical partitions ends at a cycle, an empty sector or the end of the disk', () => {
  for (const last of [0, 4096, 100, 2 ** 31]) {
    const { slots, unread } = read(withLogical(last))
    expect({ numbers: slots.map(({ number }) => number), unread }).toEqual({ numbers: [1, 5, 6], unread: 'damaged' })
  }
})

test('an endless chain costs no more than the partitions that a layout holds', () => {
  let reads = 0
  const link = Buffer.alloc(512)
  writeMbr(link, 0, { type: '0x83', start: 1, sectors: 1 }, { type: '0x05', start: 0, sectors: 1 })
  const disk = makeBlocks(2 ** 41, (into, offset) => {
    reads += 1
    const sector = Buffer.from(link)
    if (offset < 512) writeMbr(sector, 0, { type: '0x05', start: 2048, sectors: 2 ** 31 })
    else sector.writeUInt32LE(Math.max(0, Math.floor(offset / 512) - 2047), 470)
    into.fill(0)
    sector.copy(into, 0, offset % 512)
    return into.length
  })
  const { slots, unread } = readPartitionTable(disk)
  expect(slots.length).toBeLessThanOrEqual(partitionsMax)
  expect(unread).toBe('damaged')
  expect(reads).toBeLessThan(4 * partitionsMax)
})

test('a disk with a file system and no table is one part without a number; an empty one has none', () => {
  const volume = rawDisk.subarray(mib)
  const whole = { number: null, start: 0, size: volume.length, name: '', type: '' }
  expect(read(volume)).toEqual({ table: 'none', slots: [whole], unread: null })
  expect(read(empty())).toEqual({ table: 'none', slots: [], unread: null })
  expect(read(Buffer.alloc(0))).toEqual({ table: 'none', slots: [], unread: null })
})
