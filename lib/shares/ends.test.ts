import { describe, expect, it, test } from 'vitest'
import { incomingAnswer } from '@/lib/accounts/rules'
import { overAction } from '@/lib/events/rules'
import { answerEnd, endAction, endOfShare, refuseAccept, refuseEnd, type Until } from './rules'
import { extendSharesInput, shareImageInput, untilOf } from './schema'

const now = new Date('2026-03-10T04:00:00.000Z')
const timeZone = 'Asia/Shanghai'
const facts = (defaultDays = 0, maxDays = 0) => ({ now, timeZone, policy: { defaultDays, maxDays } })
const on = (untilDate: string): Until => ({ until: 'date', untilDate })
const choice = (until: Until['until']): Until => ({ until, untilDate: null })

describe('rule 16: the requested end', () => {
  test.each([
    [choice('never'), null],
    [choice('7'), '2026-03-17T04:00:00.000Z'],
    [choice('30'), '2026-04-09T04:00:00.000Z'],
    [choice('90'), '2026-06-08T04:00:00.000Z'],
    // The day in Shanghai ends at 16:00 UTC.
    [on('2026-03-10'), '2026-03-10T16:00:00.000Z'],
    [on('2026-12-31'), '2026-12-31T16:00:00.000Z'],
  ])('%o is %s', (until, end) => expect(endOfShare(until, facts())?.toISOString() ?? null).toBe(end))

  test.each([
    ['Pacific/Kiritimati', '2026-03-10T10:00:00.000Z'],
    ['Pacific/Pago_Pago', '2026-03-11T11:00:00.000Z'],
  ])('a day ends where the deployment is: %s', (zone, end) =>
    expect(endOfShare(on('2026-03-10'), { ...facts(), timeZone: zone })?.toISOString()).toBe(end),
  )

  test.each([
    [0, 0, null],
    [14, 0, '2026-03-24T04:00:00.000Z'],
    [14, 30, '2026-03-24T04:00:00.000Z'],
    [0, 30, '2026-04-09T04:00:00.000Z'],
  ])('without a choice it is the default of the operator: %i, with a maximum of %i days', (days, max, end) =>
    expect(endOfShare(untilOf({}), facts(days, max))?.toISOString() ?? null).toBe(end),
  )
})

describe("rule 16: an end is in the future, and within the operator's maximum", () => {
  it('refuses a moment that has passed, and accepts the next one', () => {
    expect(refuseEnd(now, facts())).toEqual({ code: 'SHARE_END_PAST' })
    expect(refuseEnd(new Date(now.getTime() + 1), facts())).toBeNull()
  })

  test.each([
    [choice('7'), null],
    [choice('30'), 'SHARE_END_TOO_LATE'],
    [choice('never'), 'SHARE_END_TOO_LATE'],
    [on('2026-03-17'), null],
    [on('2026-03-18'), 'SHARE_END_TOO_LATE'],
  ])('with a maximum of 7 days %o is answered %s', (until, code) =>
    expect(refuseEnd(endOfShare(until, facts(0, 7)), facts(0, 7))?.code ?? null).toBe(code),
  )

  it('allows a share without an end if there is no maximum', () => expect(refuseEnd(null, facts(14, 0))).toBeNull())
})

describe("rule 15: a recipient's answer", () => {
  test.each([
    ['ALL', false, false, 'accept'],
    ['ALL', false, true, 'refuse'],
    ['ASK', false, false, 'ask'],
    ['ASK', true, false, 'ask'],
    ['ASK', false, true, 'refuse'],
    ['NAMED', false, false, 'refuse'],
    ['NAMED', true, false, 'accept'],
    ['NAMED', true, true, 'refuse'],
  ] as const)('%s, on the allow list: %s, on the block list: %s: %s', (policy, isAllowed, isBlocked, answer) =>
    expect(incomingAnswer({ policy, isAllowed, isBlocked })).toBe(answer),
  )

  it('accepts with a place and refuses without; an accepted share needs none', () => {
    const quota = { quota: 3, used: 2, asked: 1, region: 'cn-test' }
    const full = { ...quota, used: 3 }
    expect(refuseAccept({ isPending: true, quota })).toBeNull()
    expect(refuseAccept({ isPending: true, quota: full })).toEqual({ code: 'IMAGE_QUOTA_FULL', ...full })
    expect(refuseAccept({ isPending: false, quota: full })).toBeNull()
  })

  it('waits for 30 days', () => expect(answerEnd(now).toISOString()).toBe('2026-04-09T04:00:00.000Z'))
})

test('the action of an ended share tells how it ended', () => {
  expect(endAction({ isPending: true, by: 'recipient' })).toBe('share.decline')
  expect(endAction({ isPending: true, by: 'sharer' })).toBe('share.cancel')
  expect(endAction({ isPending: false, by: 'recipient' })).toBe('share.cancel')
  const [early, late] = [now, new Date(now.getTime() + 1)]
  expect(overAction({ expiresAt: early, answerBy: null })).toBe('share.expire')
  expect(overAction({ expiresAt: early, answerBy: late })).toBe('share.expire')
  expect(overAction({ expiresAt: late, answerBy: early })).toBe('share.lapse')
  expect(overAction({ expiresAt: null, answerBy: early })).toBe('share.lapse')
})

test("the form's end is a choice, with a day for a date; an empty field is no end", () => {
  const one = { region: 'cn-test', imageId: 'img-0000000000', usernames: ['lantern'] }
  const problem = (fields: object) => shareImageInput.safeParse({ ...one, ...fields }).error?.issues[0]
  expect(shareImageInput.parse({ ...one, until: '7', untilDate: '' })).toMatchObject({ until: '7' })
  expect(problem({ until: 'date', untilDate: '' })).toMatchObject({ path: ['untilDate'], message: 'required' })
  expect(problem({ until: 'date', untilDate: '2026-02-30' })).toMatchObject({ path: ['untilDate'], message: 'invalid' })
  expect(problem({ until: 'soon' })).toMatchObject({ path: ['until'], message: 'invalid' })
  const ids = ['shr-0000000000', 'shr-0000000001', 'shr-0000000000']
  expect(extendSharesInput.parse({ shareIds: ids, until: 'never' }).shareIds).toHaveLength(2)
  for (const shareIds of [[], Array(101).fill('shr-0000000000'), 'shr-0000000000'])
    expect(extendSharesInput.safeParse({ shareIds, until: 'never' }).success).toBe(false)
})
