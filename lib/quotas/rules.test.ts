import { expect, test } from 'vitest'
import { isResource, refuseQuota, refuseQuotaChange, refuseRoom, resourceNames, resources, type Use } from './rules'

const full = Object.values(resources).map(({ full }) => full)

test.each(full)('%s: a request fits up to the last piece of the quota, and not beyond', (code) => {
  const cases: [used: number, quota: number, asked: number, isRefused: boolean][] = [
    [49, 50, 1, false],
    [50, 50, 1, true],
    [90, 100, 10, false],
    [90, 100, 11, true],
    [0, 100, 100, false],
    [0, 100, 101, true],
    [100, 100, 0, false],
    [0, 0, 1, true],
    // Above the quota, because the operator lowered it.
    [51, 50, 1, true],
    [120, 100, 0, true],
  ]
  for (const [used, quota, asked, isRefused] of cases) {
    const facts = { used, quota, asked, region: 'cn-a' }
    expect(refuseQuota({ full: code }, facts), `${used} of ${quota}, ${asked} more`).toEqual(
      isRefused ? { code, ...facts } : null,
    )
  }
})

test.each([
  [5, 6, false, false],
  [5, 5, false, false],
  [5, 4, false, true],
  [5, 4, true, false],
  [0, 0, false, false],
])('with %i used, a quota of %i (forced: %s) is refused: %s', (used, quota, forced, isRefused) => {
  const change = { used, quota, forced }
  expect(refuseQuotaChange('images', change)).toEqual(
    isRefused ? { code: 'QUOTA_BELOW_USE', resource: 'images', used } : null,
  )
  // The sentence about bytes has a formatted size.
  expect(refuseQuotaChange('bytes', change)).toEqual(isRefused ? { code: 'BYTES_QUOTA_BELOW_USE', used } : null)
})

test.each([
  [100, 0, 100, false],
  [100, 0, 101, true],
  [100, 60, 40, false],
  [100, 60, 41, true],
  // The reserve is already used in part.
  [-1, 0, 1, true],
])(
  'with %i bytes free beside the reserve and %i promised, %i more are refused: %s',
  (free, promised, asked, isRefused) => {
    const refusal = { code: 'STORE_FULL', region: 'cn-a' }
    expect(refuseRoom({ free, promised, asked, region: 'cn-a' })).toEqual(isRefused ? refusal : null)
  },
)

test('the default quotas of an account in a region, and the largest that the operator can set', () => {
  const amounts = resourceNames.map((name) => [name, resources[name].default, resources[name].max])
  expect(amounts).toEqual([
    ['images', 50, 1_000_000],
    ['bytes', 214_748_364_800, 1_125_899_906_842_624],
    ['instances', 10, 100_000],
    ['snapshots', 64, 1_000_000],
  ])
})

test('every resource has its own refusal and its own names in events', () => {
  const names = Object.values(resources).flatMap(({ full, recorded }) => [full, recorded.quota, recorded.used])
  expect(new Set(names).size).toBe(names.length)
  expect(['images', 'constructor', ''].map(isResource)).toEqual([true, false, false])
})

test('the rows that count for each resource', () => {
  const uses = resourceNames.flatMap((name) => {
    const rows: readonly Use[] = resources[name].uses
    const bytes = (use: Use) => (resources[name].unit === 'bytes' ? use.bytes?.replace(/\s+/g, ' ') : undefined)
    return rows.map((use) => [name, use.table, use.account, use.counts, bytes(use)])
  })
  const promised = '(SELECT t."promisedBytes" FROM "Transfer" t WHERE t."imageId" = x.id)'
  expect(uses).toEqual([
    ['images', 'Image', 'ownerId', `x.state <> 'failed'`, undefined],
    ['images', 'HeldShare', 'recipientId', 'true', undefined],
    [
      ...['bytes', 'Image', 'ownerId', `x.state <> 'failed'`],
      `CASE WHEN x.state = 'available' THEN x.size WHEN x.state IN ('importing', 'copying') THEN ${promised} ELSE x.size END`,
    ],
    [
      ...['bytes', 'Snapshot', 'ownerId', `x.state <> 'failed'`],
      `CASE WHEN x.state = 'creating' THEN x."promisedBytes" ELSE x.size END`,
    ],
    ['instances', 'Instance', 'ownerId', `x.state <> 'terminated'`, undefined],
    ['snapshots', 'Snapshot', 'ownerId', `x.state <> 'failed'`, undefined],
  ])
  expect(resourceNames.map((name) => [resources[name].unit, resources[name].full])).toEqual([
    ['pieces', 'IMAGE_QUOTA_FULL'],
    ['bytes', 'BYTES_QUOTA_FULL'],
    ['pieces', 'INSTANCE_QUOTA_FULL'],
    ['pieces', 'SNAPSHOT_QUOTA_FULL'],
  ])
  expect(resources.bytes.since).toBe('20261126214733_space')
  const names = resourceNames.map((name) => Object.values(resources[name].recorded))
  expect(names).toEqual([
    ['quota', 'used'],
    ['bytes', 'bytesUsed'],
    ['instances', 'instancesUsed'],
    ['snapshots', 'snapshotsUsed'],
  ])
})
