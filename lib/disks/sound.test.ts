import { describe, expect, test } from 'vitest'
import { littleEndian, type Patch, patched, patchedGpt, rawDisk } from './fixtures/patch'
import { mbrDisk } from './fixtures/raw'
import { writeMbr, writeParts } from './fixtures/tables'
import { marksAlone, moreVolumes, volumes } from './fixtures/volumes'
import { bufferBlocks, partOf } from './guest/blocks'
import { findFileSystem } from './guest/file-systems/probe'
import { readPartitionTable } from './guest/partition-table'
import { inspectDisk } from './inspect'
import { bufferReader } from './reader'

// Valid disks made by other tools that look like something else at first sight. The inspector and the page use one list.
const mib = 1024 ** 2
const linux = '0FC63DAF-8483-4772-8E79-3D69D8477DE4'

const formatOf = async (disk: Buffer) => {
  const inspection = await inspectDisk(bufferReader(disk))
  return inspection.ok ? inspection.disk.format : [inspection.reason, inspection.facts]
}

/** The partition table and the file system of each partition, as on the disk's page. */
function shown(bytes: Buffer): [table: string, ...kinds: (string | undefined)[]] {
  const disk = bufferBlocks(bytes)
  const { table, slots } = readPartitionTable(disk)
  return [table, ...slots.map(({ start, size }) => findFileSystem(partOf(disk, start, size))?.kind)]
}

const allVolumes = [...Object.entries(volumes).map(([kind, disk]) => [kind, kind, disk] as const)].concat(
  Object.entries(moreVolumes).map(([name, [kind, disk]]) => [name, kind, disk] as const),
)

describe('a raw disk that a guest can use is accepted, and named on its page', () => {
  test.each(allVolumes)('%s', async (_, kind, disk) => {
    expect(await formatOf(disk)).toBe('raw')
    expect(shown(disk)).toEqual(['none', kind])
  })
})

test.each(Object.entries(marksAlone))('%s alone is not a disk', async (_, disk) => {
  expect(await formatOf(disk)).toEqual(['not-a-disk', { format: 'raw', found: 'unknown' }])
  expect(shown(disk)).toEqual(['none'])
})

const bothEndian = (value: number) => Buffer.concat([littleEndian(value, 4), littleEndian(value, 4).reverse()])

/** The descriptors, at 32 KiB, of a disc of so many blocks, with its root directory in block 20. */
const disc = (blocks: number): Patch[] => [
  { at: 32768, put: '\x01CD001\x01' },
  { at: 32768 + 80, put: bothEndian(blocks) },
  { at: 32768 + 128, put: Buffer.from([0, 8, 8, 0]) },
  { at: 32768 + 156, put: Buffer.from([34]) },
  { at: 32768 + 158, put: bothEndian(20) },
  { at: 32768 + 166, put: bothEndian(68) },
  { at: 34816, put: '\xffCD001\x01' },
]
const fat = rawDisk.subarray(mib)
const xfs = patched(Buffer.alloc(4 * mib), { at: 0, put: 'XFSB' }, { at: 4, put: 4096 }, { at: 8, put: 1024n })

describe('the marks of a disc', () => {
  test.each([
    ['GPT, the disc was larger than the disk', patched(rawDisk, ...disc(350_000)), ['gpt', 'fat16']],
    ['GPT, the disc lies under the partitions', patched(rawDisk, ...disc(1900)), ['gpt', 'fat16']],
    ['GPT, a boot catalogue was added', patched(rawDisk, ...disc(21)), ['gpt', 'fat16']],
    ['MBR, the disc was larger than the disk', patched(mbrDisk, ...disc(350_000)), ['mbr', undefined]],
    ['MBR, the disc lies under the partitions', patched(mbrDisk, ...disc(1900)), ['mbr', undefined]],
    ['XFS, the disc was larger than the disk', patched(xfs, ...disc(350_000)), ['none', 'xfs']],
    ['XFS, the disc would fit', patched(xfs, ...disc(1900)), ['none', 'xfs']],
  ])('do not alone make a disc of a disk: %s', async (_, disk, layout) => {
    expect(await formatOf(disk)).toBe('raw')
    expect(shown(disk)).toEqual(layout)
  })

  test('in a partition do not hide its file system', () => {
    const disk = writeParts(Buffer.alloc(8 * mib), [{ type: linux, start: 2048, sectors: 8192 }])
    patched(xfs, ...disc(1900)).copy(disk, mib)
    expect(shown(disk)).toEqual(['gpt', 'xfs'])
  })

  test('that a partition covers mean a disc that also boots from a USB stick', async () => {
    for (const start of [0, 64]) {
      const stick = patched(Buffer.alloc(4 * mib), ...disc(1900))
      writeMbr(stick, 0, { type: '0x17', start, sectors: 7000 }, { type: '0xef', start: 400, sectors: 200 })
      expect(await formatOf(stick)).toBe('iso')
      expect(shown(stick)).toEqual(['iso', 'iso9660'])
    }
    const parts = [
      { type: linux, start: 64, sectors: 1000 },
      { type: linux, start: 2048, sectors: 64 },
    ]
    const withGpt = patched(writeParts(Buffer.alloc(4 * mib), parts), ...disc(400))
    expect(await formatOf(withGpt)).toBe('iso')
    expect(shown(withGpt)).toEqual(['iso', 'iso9660'])
  })
})

test('a file system without a partition table is not an MBR, though its boot sector ends like one', async () => {
  const whole = patched(fat, { at: 446, put: Buffer.from('8000010006fefffb00000000feff0100', 'hex') })
  expect(await formatOf(whole)).toBe('raw')
  expect(shown(whole)).toEqual(['none', 'fat16'])
})

const entry = (type: number, start: number, sectors: number) =>
  Buffer.concat([Buffer.from([0, 0, 0, 0, type, 0, 0, 0]), littleEndian(start, 4), littleEndian(sectors, 4)])

test('a GPT with a hybrid MBR is a GPT', async () => {
  const hybrid = patched(
    rawDisk,
    { at: 446, put: entry(0xee, 1, 2047) },
    { at: 462, put: entry(0x0c, 2048, 4096) },
    { at: 478, put: entry(0xee, 6144, 2048) },
  )
  expect(await formatOf(hybrid)).toBe('raw')
  expect(shown(hybrid)).toEqual(['gpt', 'fat16'])
})

test('an MBR wins over the leftover signature of a GPT', async () => {
  const disk = patched(mbrDisk, { at: 512, put: 'EFI PART' })
  expect(await formatOf(disk)).toBe('raw')
  expect(shown(disk)).toEqual(['mbr', undefined])
})

test('an empty table counts if a tool has made it', async () => {
  const gpt = patchedGpt(rawDisk, { at: 1024, put: Buffer.alloc(16) })
  expect(await formatOf(gpt)).toBe('raw')
  expect(shown(gpt)).toEqual(['gpt'])
  const mbr = patched(Buffer.alloc(mib), { at: 440, put: 0x12345678 }, { at: 510, put: '\x55\xaa' })
  expect(await formatOf(mbr)).toBe('raw')
  expect(shown(mbr)).toEqual(['mbr'])
})

test('a file that ends within its last partition is refused with the length it needs, and accepted at that length', async () => {
  const short = patched(mbrDisk, { at: 462, put: entry(0x83, 4096, 8192) })
  const [reason, facts] = await formatOf(short)
  expect([reason, facts]).toEqual(['partition-cut-off', { format: 'raw', partition: 2, sizeMin: 6 * mib }])
  expect(await formatOf(Buffer.concat([short, Buffer.alloc(2 * mib)]))).toBe('raw')
})
