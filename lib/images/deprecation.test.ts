import { expect, test } from 'vitest'
import { isRetired, lastDayBefore, refuseDeprecate, refuseRetired } from './rules'
import { deprecateImageInput } from './schema'

const moment = new Date('2026-03-10T16:00:00Z')
const image = { id: 'img-a', regionId: 'cn-a', state: 'available' as const }

test('an image is retired from the end of its last day on, and never without one', () => {
  const [before, after] = [-1, 1].map((ms) => new Date(moment.getTime() + ms))
  expect([before, moment, after].map((now) => isRetired(moment, now ?? moment))).toEqual([false, true, true])
  expect(isRetired(null, moment)).toBe(false)
  expect(refuseRetired({ retiresAt: null }, moment)).toBeNull()
  expect(refuseRetired({ retiresAt: moment }, moment)).toEqual({
    code: 'IMAGE_RETIRED',
    retiredAt: moment.toISOString(),
  })
})

test('the last day before a moment is computed in the time zone', () => {
  expect(lastDayBefore(moment, 'Asia/Shanghai')).toBe('2026-03-10')
  expect(lastDayBefore(moment, 'Pacific/Honolulu')).toBe('2026-03-10')
  expect(lastDayBefore(moment, 'Pacific/Kiritimati')).toBe('2026-03-11')
})

test('only an available image is deprecated, and its replacement is another usable image in the same region', () => {
  const other = { ...image, id: 'img-b' }
  const missing = { code: 'REPLACEMENT_NOT_FOUND' }
  expect(refuseDeprecate({ ...image, state: 'failed' }, null)).toEqual({ code: 'IMAGE_BUSY', state: 'failed' })
  for (const good of [null, other]) expect(refuseDeprecate(image, good)).toBeNull()
  for (const bad of [undefined, image, { ...other, regionId: 'cn-b' }, { ...other, state: 'copying' as const }])
    expect(refuseDeprecate(image, bad)).toEqual(missing)
})

test('empty fields mean no day and no replacement, and a day far from now is a typing error', () => {
  const typed = (retiresOn: string) =>
    deprecateImageInput.safeParse({ region: 'cn-a0', imageId: 'img-0123456789', replacementId: '', retiresOn })
  expect(typed('').data).toMatchObject({ replacementId: null, retiresOn: null })
  expect(typed('2999-12-31').data).toMatchObject({ retiresOn: '2999-12-31' })
  for (const day of ['0000-01-01', '0206-01-01', '9999-12-31', '2026-02-30', 'tomorrow', '2026-1-1'])
    expect(typed(day).success, day).toBe(false)
})
