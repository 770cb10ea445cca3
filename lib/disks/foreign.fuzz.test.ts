import fc from 'fast-check'
import { expect, test } from 'vitest'
import { faultsOf, marksOf } from './fixtures/hostile'
import { isoDisc, udfDisc } from './fixtures/iso'
import { change, changesOf, type Target, watched } from './fixtures/mutation'
import { vdiDisk } from './fixtures/vdi'
import { dynamicVhd, fixedVhd, repairVhd } from './fixtures/vhd'
import { repairVhdx, vhdxDisk, vhdxPlaces } from './fixtures/vhdx-disk'
import { sparseVmdk, streamVmdk } from './fixtures/vmdk'
import { vmdkPlaces } from './fixtures/vmdk-disk'
import { inspectDisk } from './inspect'

const kib = 1024
const mib = 1024 ** 2

const vmdkFields = [4, 8, 12, 20, 28, 36, 44, 48, 56, 64, 72, 73, 77]
const vmdkTables = [vmdkPlaces.directory, vmdkPlaces.directory + 4, vmdkPlaces.table, vmdkPlaces.table + 8]
// Offsets of the descriptor's fields, and lines that could replace them.
const textPlaces = [
  'version',
  'CID',
  'parentCID',
  'ffffffff',
  'createType',
  'RW ',
  'SPARSE',
  'disk.vmdk',
  'ddb.',
  '#DDB',
].map((word) => sparseVmdk.indexOf(word))
const textEnd = sparseVmdk.indexOf(0, 512)
const lineStarts = [...sparseVmdk.toString('latin1', 512, textEnd).matchAll(/\n/g)].map(({ index }) => 513 + index)
const texts = [
  'parentFileNameHint="/etc/passwd"\n',
  '\nRW 1 FLAT "/etc/passwd" 0\n',
  'RW 1 SPARSE "a/b.vmdk"\n',
  '"/etc/passwd"',
  'json:{}',
  'createType="monolithicFlat"\n',
  'parentCID=00000001\n',
  '\0',
  '\n',
  '#',
]
const footerFields = vmdkFields.map((field) => streamVmdk.length - 1024 + field)
const vhdFooter = [8, 12, 16, 48, 56, 60, 64, 68, 84]
const vhdHeader = [0, 8, 16, 24, 28, 32, 36, 40, 64, 576].map((field) => 512 + field)
const lastFooter = (disk: Buffer) => vhdFooter.map((field) => disk.length - 512 + field)
const { header, olderHeader, bat, metadata } = vhdxPlaces
const vhdxHeader = [0, 4, 8, 48, 64, 66, 68, 72]
const vhdxRegions = [8, 16, 32, 40, 44, 48, 64, 72, 76, 80].map((field) => 192 * kib + field)
const vhdxItems = [10, 32, 48, 52, 56, 64, 80, 84, 128, 144, 160, 192, 224].concat(
  [0, 4, 8, 12, 32].map((item) => 64 * kib + item),
)
const isoFields = [0, 1, 6, 80, 84, 128, 130, 156, 158, 166, 2048, 2049].map((field) => 32768 + field)
const udfFields = [
  256 * 2048,
  32 * 2048,
  33 * 2048,
  33 * 2048 + 188,
  33 * 2048 + 192,
  34 * 2048,
  256 * 2048 + 16,
  256 * 2048 + 20,
]

const targets: readonly (Target & { name: keyof typeof faultsOf })[] = [
  {
    name: 'vmdk',
    disk: sparseVmdk,
    order: 'little',
    parts: [{ at: 0, length: vmdkPlaces.data }],
    places: [...vmdkFields, ...vmdkTables, ...textPlaces],
    lines: lineStarts,
    texts,
  },
  {
    name: 'vmdk',
    disk: streamVmdk,
    order: 'little',
    parts: [
      { at: 0, length: vmdkPlaces.data },
      { at: streamVmdk.length - 4096, length: 4096 },
    ],
    places: [...vmdkFields, ...footerFields, ...textPlaces, streamVmdk.length - 1536, streamVmdk.length - 2560],
    lines: lineStarts,
    texts,
  },
  {
    name: 'vhd',
    disk: dynamicVhd,
    order: 'big',
    parts: [
      { at: 0, length: 2048 },
      { at: dynamicVhd.length - 512, length: 512 },
    ],
    places: [...vhdFooter, ...vhdHeader, 1536, 1544, 1564, ...lastFooter(dynamicVhd)],
    repair: repairVhd,
  },
  {
    name: 'vhd',
    disk: fixedVhd,
    order: 'big',
    parts: [
      { at: 0, length: 1024 },
      { at: fixedVhd.length - 512, length: 512 },
    ],
    places: lastFooter(fixedVhd),
    repair: repairVhd,
  },
  {
    name: 'vhdx',
    disk: vhdxDisk,
    order: 'little',
    parts: [
      { at: 0, length: 512 },
      { at: olderHeader, length: 4 * kib },
      { at: header, length: 4 * kib },
      { at: 192 * kib, length: 64 * kib },
      { at: 256 * kib, length: 64 * kib },
      { at: bat, length: 64 },
      { at: metadata, length: 64 * kib + 64 },
    ],
    places: [
      ...vhdxHeader.map((field) => header + field),
      ...vhdxRegions,
      ...vhdxItems.map((field) => metadata + field),
      ...[0, 8, 16, 24].map((entry) => bat + entry),
    ],
    repair: repairVhdx,
  },
  {
    name: 'vdi',
    disk: vdiDisk,
    order: 'little',
    parts: [{ at: 0, length: 1024 }],
    places: [64, 68, 72, 76, 340, 344, 360, 368, 376, 380, 384, 388, 424, 440, 512, 516, 520, 524],
  },
  {
    name: 'iso',
    disk: isoDisc,
    order: 'little',
    parts: [
      { at: 0, length: 1024 },
      { at: 32768, length: 4096 },
    ],
    places: isoFields,
  },
  {
    name: 'iso',
    disk: udfDisc,
    order: 'little',
    parts: [
      { at: 0, length: 1024 },
      { at: 32768, length: 8192 },
      { at: 32 * 2048, length: 3 * 2048 },
      { at: 256 * 2048, length: 2048 },
    ],
    places: [...isoFields, ...udfFields],
  },
]

test.each(targets)('no mutated $name is read outside its file or accepted with hostile content', async (target) => {
  let accepted = 0
  const property = fc.asyncProperty(changesOf(target), async (changes) => {
    const disk = change(target, changes)
    const { reader, outside, bytesRead } = watched(disk)
    const inspection = await inspectDisk(reader)
    expect(outside).toEqual([])
    // Both ends and every table once: no field makes the inspector read more than the file.
    expect(bytesRead()).toBeLessThan(disk.size + mib)
    if (!inspection.ok) return
    accepted += 1
    expect(marksOf(disk)).toEqual(inspection.disk.format === 'raw' ? [] : [inspection.disk.format])
    if (inspection.disk.format === target.name) expect(faultsOf[target.name](disk)).toEqual([])
  })
  // A VHDX has checksums over 130 KiB, which take most of the time.
  await fc.assert(property, { numRuns: target.name === 'vhdx' ? 3000 : 6000 })
  expect(accepted).toBeGreaterThan(40)
})
