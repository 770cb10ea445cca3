import { expect, test } from 'vitest'
import { type DiskLayout, labelMax, parseDiskLayout, partitionsMax } from './layout'

const fileSystem = { kind: 'ext4', label: 'root', uuid: 'x', used: 5, files: 3, isReadable: true }
const partition = { number: 1, start: 1024, size: 2048, name: 'a', type: 'linux', fileSystem }
const layout: DiskLayout = {
  table: 'gpt',
  size: 4096,
  partitions: [partition],
  operatingSystem: 'Linux',
  bootMode: 'UEFI',
  unread: null,
}

test('a layout is parsed as it was written, without unknown fields', () => {
  expect(parseDiskLayout(layout)).toEqual(layout)
  expect(parseDiskLayout({ ...layout, more: 1, partitions: [{ ...partition, more: 1 }] })).toEqual(layout)
  const bare = { ...layout, partitions: [{ ...partition, number: null, fileSystem: null }], operatingSystem: null }
  expect(parseDiskLayout({ ...bare, unread: 'time' })).toEqual({ ...bare, unread: 'time' })
  const { bootMode: _, ...older } = layout
  expect(parseDiskLayout(older)).toEqual({ ...layout, bootMode: null })
})

const inPartition = (change: object) => ({ partitions: [{ ...partition, ...change }] })
const inFileSystem = (change: object) => inPartition({ fileSystem: { ...fileSystem, ...change } })
const wrong = {
  'another table': { table: 'apm' },
  'no size': { size: undefined },
  'a size below nothing': { size: -1 },
  'a size that no number holds': { size: 2 ** 60 },
  'no partitions': { partitions: null },
  'too many partitions': { partitions: Array.from({ length: partitionsMax + 1 }, () => partition) },
  'a partition that is none': { partitions: [partition, 'x'] },
  'a name of a kilometre': inPartition({ name: 'x'.repeat(labelMax + 1) }),
  'a start with a fraction': inPartition({ start: 0.5 }),
  'no file system and no null': inPartition({ fileSystem: undefined }),
  'a use that is text': inFileSystem({ used: '5' }),
  'a readable that is neither': inFileSystem({ isReadable: null }),
  'an operating system that is a number': { operatingSystem: 7 },
  'another reason': { unread: 'tired' },
  'no reason and no null': { unread: undefined },
}

test.each(Object.entries(wrong))('%s is not a layout', (_, change) => {
  expect(parseDiskLayout({ ...layout, ...change })).toBeNull()
})

test.each([null, undefined, 'x', 7, []])('%j is not a layout', (json) => {
  expect(parseDiskLayout(json)).toBeNull()
})
