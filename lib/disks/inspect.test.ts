import { describe, expect, test } from 'vitest'
import type { RefusedCase } from './fixtures/cases'
import { refusedFamilies } from './fixtures/families'
import { goodIso, isoVolumeBytes, largestIso } from './fixtures/iso'
import { overlaid, patched, places, qcow2Disk, qcow2Header, rawDisk, sparseReader } from './fixtures/patch'
import { goodQcow2 } from './fixtures/qcow2'
import { emptyFile, goodRaw } from './fixtures/raw'
import { goodVdi, largestVdi, vdiDisk } from './fixtures/vdi'
import { dynamicVhd, fixedVhd, goodVhd, largestVhd } from './fixtures/vhd'
import { goodVhdx, largestVhdx } from './fixtures/vhdx'
import { vhdxDisk } from './fixtures/vhdx-disk'
import { goodVmdk, largestVmdk, sparseVmdk } from './fixtures/vmdk'
import { inspectDisk } from './inspect'
import { type ByteReader, bufferReader } from './reader'
import { inspectionReasons } from './reasons'
import { buildQcow2, buildRawDisk } from './samples'

const mib = 1024 ** 2

function readerOf(disk: Buffer | ByteReader): ByteReader {
  return Buffer.isBuffer(disk) ? bufferReader(disk) : disk
}

describe.each(inspectionReasons)('%s', (reason) => {
  const cases = refusedFamilies.flatMap((family) =>
    (family.cases[reason] ?? []).map((refused: RefusedCase) => ({ format: family.format, ...refused })),
  )

  test('has a disk that is refused for it', () => expect(cases).not.toEqual([]))

  test.each(cases)('$name', async ({ disk, format, facts = {} }) => {
    // An empty file, and one with the marks of two formats, have no format for the sentence to name.
    const named = format && disk !== emptyFile ? { format, ...facts } : facts
    expect(await inspectDisk(readerOf(disk))).toEqual({ ok: false, reason, facts: named })
  })
})

test.each(Object.entries(goodRaw))('%s is accepted as raw', async (_, disk) => {
  const virtualSize = Math.ceil(disk.length / 512) * 512
  expect(await inspectDisk(bufferReader(disk))).toMatchObject({ ok: true, disk: { format: 'raw', virtualSize } })
})

test.each(Object.entries(goodQcow2))('%s is accepted', async (_, disk) => {
  const virtualSize = Number(disk.readBigUInt64BE(24))
  expect(await inspectDisk(bufferReader(disk))).toMatchObject({ ok: true, disk: { format: 'qcow2', virtualSize } })
})

const good = { vmdk: goodVmdk, vhd: goodVhd, vhdx: goodVhdx, vdi: goodVdi, iso: goodIso }
const goodCases = Object.entries(good).flatMap(([format, disks]) =>
  Object.entries(disks).map(([name, disk]) => ({ format, name, disk })),
)

test.each(goodCases)('$name is accepted as $format', async ({ format, disk }) => {
  const virtualSize = format === 'iso' ? isoVolumeBytes : rawDisk.length
  expect(await inspectDisk(readerOf(disk))).toMatchObject({ ok: true, disk: { format, virtualSize } })
})

test('a guest sees whole sectors of a raw disk', async () => {
  const disk = Buffer.concat([rawDisk, Buffer.from('x')])
  expect(await inspectDisk(bufferReader(disk))).toMatchObject({ disk: { virtualSize: rawDisk.length + 512 } })
})

test.each([
  ['raw', rawDisk],
  ['qcow2', qcow2Disk],
  ['vmdk', sparseVmdk],
  ['vhd', fixedVhd],
  ['vhdx', vhdxDisk],
  ['vdi', vdiDisk],
])('a limit includes a disk of exactly that size: %s', async (_, disk) => {
  const reader = bufferReader(disk)
  expect(await inspectDisk(reader, { virtualSizeMax: 4 * mib })).toMatchObject({ ok: true })
  const refusal = await inspectDisk(reader, { virtualSizeMax: 4 * mib - 1 })
  expect(refusal).toMatchObject({ ok: false, reason: 'virtual-size-too-large' })
})

test('a reference outside the file is reported before other damage', async () => {
  const broken = [
    { at: 32, put: 2 },
    { at: 36, put: 0xffffffff },
    { at: 72, put: 3n },
  ]
  const disk = patched(qcow2Disk, { at: 8, put: 512n }, ...broken)
  expect(await inspectDisk(bufferReader(disk))).toMatchObject({ ok: false, reason: 'backing-file' })
})

test.each([9, 13, 21])('a file of 1 PiB with tables of the maximum size: clusters of 2^%i', async (bits) => {
  const entries = mib
  const file = sparseReader(
    2 ** 50,
    { at: 0, put: qcow2Header(bits, 1n, entries) },
    { at: 40, put: BigInt(16 * mib) },
    { at: 56, put: Math.min((8 * mib) / 2 ** bits, 2048) },
    { at: 16 * mib, put: places(entries, 32 * mib, 2 ** bits) },
  )
  expect(await inspectDisk(file)).toMatchObject({ ok: true })
  expect(file.bytesRead()).toBeLessThan(160 * mib)
})

const largest = { vmdk: largestVmdk, vhd: largestVhd, vhdx: largestVhdx, vdi: largestVdi, iso: largestIso }

test.each(Object.entries(largest))('2 TiB with tables of the maximum size: %s', async (format, make) => {
  const file = make()
  expect(await inspectDisk(file)).toMatchObject({ ok: true, disk: { format, virtualSize: 2 ** 41 } })
  expect(file.bytesRead()).toBeLessThan(140 * mib)
})

test.each([
  ['vmdk', sparseVmdk, { at: 20, put: 0n }, { at: sparseVmdk.indexOf('ffffffff'), put: '12345678' }, 'backing-file'],
  ['vhd', dynamicVhd, { at: 12, put: 7 }, { at: 576, put: '\0/' }, 'backing-file'],
  ['vdi', vdiDisk, { at: 376, put: 7 }, { at: 76, put: '\x04' }, 'backing-file'],
])('a reference outside a %s is reported before other damage', async (_, disk, broken, reaching, reason) => {
  expect(await inspectDisk(overlaid(disk, broken, reaching))).toMatchObject({ ok: false, reason })
})

test('the size of a converted disk follows from its tables, and is at most the virtual size', async () => {
  const raw = buildRawDisk({ sizeMib: 32, label: 'TABLES', seed: 2 })
  const allocated = async (disk: Buffer) => {
    const inspection = await inspectDisk(bufferReader(disk))
    return inspection.ok ? inspection.disk.allocatedBytes : inspection.reason
  }
  expect(await allocated(raw)).toBe(raw.length)
  const before = await allocated(buildQcow2({ raw }))
  raw.fill('x', 8 * mib, 16 * mib)
  expect(await allocated(buildQcow2({ raw }))).toBe(Number(before) + 8 * mib)
  // Each cluster of 4 KiB fills one of 64 KiB after conversion.
  expect(await allocated(buildQcow2({ raw, clusterBits: 12 }))).toBe(raw.length)
})

test('no good disk with a cut or changed end makes the inspector throw', async () => {
  for (const { disk } of goodCases) {
    const reader = readerOf(disk)
    for (const size of [1, 511, 512, 1024, 4096, 65536, mib, reader.size - 512]) {
      const cut = { size: Math.min(size, reader.size), read: reader.read }
      expect(await inspectDisk(cut)).toHaveProperty('ok')
    }
  }
})
