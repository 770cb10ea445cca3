import { expect, test } from 'vitest'
import type { DiskLayout } from './layout'
import { segmentsOf } from './segments'

const mib = 1024 ** 2

function disk(sizeMib: number, ...parts: [startMib: number, sizeMib: number][]): DiskLayout {
  const partitions = parts.map(([start, size], index) => ({
    number: index + 1,
    start: start * mib,
    size: size * mib,
    name: '',
    type: 'linux',
    fileSystem: null,
  }))
  return { table: 'gpt', size: sizeMib * mib, partitions, operatingSystem: null, bootMode: null, unread: null }
}

const drawn = (layout: DiskLayout) =>
  segmentsOf(layout).map(({ partition, start, size }) => [partition?.number ?? 'free', start / mib, size / mib])

test('partitions are in disk order, with the free space between and behind them', () => {
  expect(drawn(disk(100, [50, 20], [1, 9]))).toEqual([
    [2, 1, 9],
    ['free', 10, 40],
    [1, 50, 20],
    ['free', 70, 30],
  ])
})

test('the mebibyte that tools leave at both ends is not drawn', () => {
  expect(drawn(disk(32, [1, 30]))).toEqual([[1, 1, 30]])
})

test('overlapping partitions do not count free space twice', () => {
  expect(drawn(disk(100, [1, 59], [10, 10], [20, 80]))).toEqual([
    [1, 1, 59],
    [2, 10, 10],
    [3, 20, 80],
  ])
})

test('an unread disk shows no free space', () => {
  expect(drawn(disk(100))).toEqual([])
})
