import { expect, test } from 'vitest'
import { groupText, lvmPartition, sealGroup } from '../fixtures/lvm'
import { type Blocks, bufferBlocks, makeBlocks } from '../guest/blocks'
import { volumeGroup } from './lvm'
import { NotLvmText, parseLvmText } from './lvm-metadata'
import { findAllVolumes } from './volumes'

const mib = 1024 ** 2
const logicalVolumes = (part: Blocks) => volumeGroup(part, 64)?.volumes
const content = (bytes: number, fill: string) => Buffer.alloc(bytes, fill)
const root = { name: 'root', content: content(8 * mib, 'root of the system '), extents: [3, 1] }
const home = { name: '7', content: content(4 * mib, 'home '), extents: [2] }

test("a volume's segments are read in logical order, wherever they are on the disk", () => {
  const disk = lvmPartition('vg0', [root, home])
  const volumes = logicalVolumes(bufferBlocks(disk)) ?? []
  expect(volumes.map(({ name }) => name)).toEqual(['vg0/root', 'vg0/7'])
  for (const [index, { content }] of [root, home].entries()) {
    const blocks = volumes[index]?.blocks
    expect(blocks?.size).toBe(content.length)
    const read = Buffer.alloc(content.length)
    for (let at = 0; at < read.length; ) at += blocks?.readInto(read.subarray(at), at) ?? read.length
    expect(read.equals(content)).toBe(true)
  }
})

test('the newest metadata counts, and a group whose metadata areas differ is not plain', () => {
  const found = (stale: Parameters<typeof lvmPartition>[2], change?: (disk: Buffer) => void) => {
    const disk = lvmPartition('vg0', [root, home], stale)
    change?.(disk)
    const group = volumeGroup(bufferBlocks(disk), 64)
    return { names: group?.volumes.map(({ name }) => name), isPlain: group?.isPlain, free: group?.free.length }
  }
  const both = { names: ['vg0/root', 'vg0/7'] }
  const plain = { ...both, isPlain: true, free: 1 }
  const doubtful = { ...both, isPlain: false, free: 0 }
  const older = { volumes: [root], seqno: 3 }
  expect(found(undefined)).toEqual(plain)
  // As `vgchange --metadatacopies 1` leaves it: an ignored area with outdated content.
  expect(found({ ...older, isIgnored: true })).toEqual(plain)
  expect(found({ ...older, isIgnored: false })).toEqual(doubtful)
  expect(found({ volumes: [root, home], seqno: 4, isIgnored: false })).toEqual(plain)
  // An unreadable area may have held the newest metadata.
  const unread = (disk: Buffer) => disk.fill(0, 4096 + 4, 4096 + 20)
  expect(found({ ...older, isIgnored: false }, unread)).toEqual(doubtful)
  const changed = (disk: Buffer) => disk.write('creation_time = 2', disk.indexOf('creation_time = 1'), 'latin1')
  expect(found(undefined, changed)).toEqual(doubtful)
})

test('a volume that is not linear has a name and no blocks', () => {
  const disk = lvmPartition('vg0', [root, { ...home, type: 'thin' }])
  expect(logicalVolumes(bufferBlocks(disk))?.map(({ blocks }) => blocks !== null)).toEqual([true, false])
})

test('a volume with a gap, on another partition or outside this one has no blocks', () => {
  const disk = lvmPartition('vg0', [root, home])
  const changed = (from: string, to: string) => {
    const copy = Buffer.from(disk)
    copy.write(to, copy.indexOf(from), 'latin1')
    return logicalVolumes(bufferBlocks(copy))?.map(({ blocks }) => blocks !== null)
  }
  expect(changed('start_extent = 1', 'start_extent = 2')).toEqual([false, true])
  expect(changed('"pv0", 3', '"pv1", 3')).toEqual([false, true])
  expect(changed('eFjuPj-ivSI', 'aFjuPj-ivSI')).toBeUndefined()
  const beyond = Buffer.from(disk)
  beyond.write('"pv0", 9', beyond.indexOf('"pv0", 3'), 'latin1')
  const blocks = logicalVolumes(bufferBlocks(beyond))?.[0]?.blocks
  expect(blocks?.read(0, mib).equals(Buffer.alloc(mib))).toBe(true)
})

test('skipHole always advances, also outside the partition', () => {
  const disk = lvmPartition('vg0', [root, home])
  disk.write('"pv0", 9', disk.indexOf('"pv0", 3'), 'latin1')
  const blocks = logicalVolumes(bufferBlocks(disk))?.[0]?.blocks
  const steps: number[] = []
  for (let at = blocks?.skipHole(0) ?? 0; at < (blocks?.size ?? 0); at = blocks?.skipHole(at + mib) ?? 0) steps.push(at)
  // The first extent is outside the partition; the second is inside.
  expect(steps).toEqual([4, 5, 6, 7].map((place) => place * mib))
  expect(
    makeBlocks(
      mib,
      () => 0,
      () => -1,
    ).skipHole(512),
  ).toBe(512)
})

test('space outside volumes is reported, and the volumes of a whole disk are bounded', () => {
  const group = (...volumes: Parameters<typeof lvmPartition>[1][number][]) => {
    const found = volumeGroup(bufferBlocks(lvmPartition('vg0', volumes)), 64)
    return found && { isPlain: found.isPlain, free: found.free, unused: found.unused }
  }
  const extent = (index: number) => ({ start: mib + 4 * mib * index, end: mib + 4 * mib * (index + 1) })
  const described = { start: 0, end: mib }
  expect(group(root, home)).toEqual({ isPlain: true, free: [extent(0)], unused: [described] })
  expect(group(root)).toEqual({ isPlain: true, free: [extent(0), extent(2)], unused: [described] })
  const many = lvmPartition(
    'vg0',
    Array.from({ length: 60 }, (_, index) => ({ name: `v${index}`, content: Buffer.alloc(0), extents: [0] })),
  )
  const found = findAllVolumes(Array.from({ length: 3 }, () => bufferBlocks(many)))
  expect(found.map(({ volumes }) => volumes.length)).toEqual([60, 60, 0])
  expect(found[2]).toMatchObject({ kind: 'lvm', reason: 'UNSUPPORTED_FILE_SYSTEM' })
})

test('free extents that a volume may use are not reported as free', () => {
  const disk = lvmPartition('vg0', [root, { ...home, type: 'thin' }])
  const found = (bytes: Buffer) => volumeGroup(bufferBlocks(bytes), 64)
  const [first, second] = [mib, mib + 4 * mib]
  const unused = [
    { start: 0, end: second },
    { start: second + 4 * mib, end: second + 8 * mib },
  ]
  expect(found(disk)).toMatchObject({ isPlain: false, free: [], unused })
  const changed = (from: string, to: string) => {
    const copy = lvmPartition('vg0', [root, home])
    copy.write(to, copy.indexOf(from), 'latin1')
    sealGroup(copy)
    return found(copy)?.isPlain
  }
  // Over another volume, outside the extents, beyond the partition, on two partitions, over the group's metadata.
  expect(changed('"pv0", 3', '"pv0", 2')).toBe(false)
  expect(changed('"pv0", 3', '"pv0", 9')).toBe(false)
  expect(changed('pe_count = 4', 'pe_count = 9')).toBe(false)
  expect(changed('pe_count = 4', 'pe_count = 3')).toBe(false)
  expect(changed(`pe_start = ${first / 512}`, 'pe_start = 1024')).toBe(false)
  expect(changed('# Generated by LVM2', '# generated by LVM2')).toBe(true)
})

test('invalid LVM text is refused, however deep or long', () => {
  const text = groupText('vg0', [root], 4)
  expect(parseLvmText(text).get('vg0')).toBeInstanceOf(Map)
  const long = `a = [${'1,'.repeat(100_000)}]`
  expect(() => parseLvmText(long)).toThrow(NotLvmText)
  for (const bad of ['a {'.repeat(20), 'a = {', 'a = [[[[[[[[[[[[1', '= 1', 'a = "x', '\x01', '{}'])
    expect(() => parseLvmText(bad), bad).toThrow(NotLvmText)
  for (let end = 0; end < text.length; end += 7)
    try {
      parseLvmText(text.slice(0, end))
    } catch (error) {
      expect(error).toBeInstanceOf(NotLvmText)
    }
})
