import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { isRegionId, regionName, reservedRegionIds, startRegion } from './rules'

test.each(['cn-shanghai', 'eu-01', 'us-a1', `cn-${'a'.repeat(29)}`])('%s is the id of a region', (id) => {
  expect(isRegionId(id)).toBe(true)
})

test.each([
  '',
  'cn',
  'cn-',
  'cn-a',
  `cn-${'a'.repeat(30)}`,
  'c1-ab',
  'CN-ab',
  'chn-ab',
  'cn-a_b',
  'cn-a/b',
  'cn-ab\n',
  'cn-ab\0',
])('%j is not the id of a region', (id) => expect(isRegionId(id)).toBe(false))

test('every first path segment of our routes is reserved, and nothing else', () => {
  const fixed = firstSegments(path.resolve(import.meta.dirname, '../../app'))
  expect([...reservedRegionIds].sort()).toEqual(fixed.sort())
  expect(fixed.filter(isRegionId)).toEqual([])
})

test('no public file has a path that a region could have', () => {
  const files = fs.readdirSync(path.resolve(import.meta.dirname, '../../public'))
  expect(files.filter(isRegionId)).toEqual([])
})

test("readers of Chinese see a region's Chinese name, if it has one", () => {
  const [both, one] = [
    { name: 'North', nameZh: '华北' },
    { name: 'South', nameZh: null },
  ]
  expect([regionName(both, 'zh'), regionName(both, 'en'), regionName(one, 'zh')]).toEqual(['华北', 'North', 'South'])
})

test('a visit starts in the last used region, else in the first with content, else in the first', () => {
  const regions = ['cn-a1', 'cn-b1', 'cn-c1'].map((id) => ({ id }))
  const contents = (...images: number[]) =>
    regions.map(({ id }, index) => ({ region: id, images: images[index] ?? 0, shares: 0, instances: 0 }))
  const start = (...args: Parameters<typeof startRegion>) => startRegion(...args)?.id
  expect(start(regions, contents(0, 6, 1), 'cn-c1')).toBe('cn-c1')
  expect(start(regions, contents(0, 6, 1), undefined)).toBe('cn-b1')
  expect(start(regions, contents(0, 6, 1), 'cn-gone')).toBe('cn-b1')
  expect(start(regions, [{ region: 'cn-c1', images: 0, shares: 1, instances: 0 }], undefined)).toBe('cn-c1')
  expect(start(regions, contents(), undefined)).toBe('cn-a1')
  expect(start([], [], 'cn-a1')).toBe(undefined)
})

/** The first path segments in app/. A group such as `(console)` has no segment itself. */
function firstSegments(folder: string): string[] {
  const folders = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.flatMap(({ name }) => {
    if (name.startsWith('(')) return firstSegments(path.join(folder, name))
    return name.startsWith('[') || name.startsWith('_') || name.startsWith('@') ? [] : [name]
  })
}
