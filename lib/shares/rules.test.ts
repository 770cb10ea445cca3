import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { RecipientRefusalCode, RefusalCode } from '@/lib/result'
import {
  dailySharesMax,
  dayTurnsAt,
  type RecipientFacts,
  recipientsMax,
  refuseForeignImage,
  refuseShare,
  type ShareFacts,
  shareDay,
  unknownOf,
} from './rules'

const image = { state: 'available' }
const check: ShareFacts['check'] = {
  policy: 'block',
  check: { state: 'clean', reason: null, open: { critical: 0, high: 0, medium: 0, low: 0 } },
  reason: '',
}
const timeZone = 'Asia/Shanghai'
const resetsAt = new Date('2026-03-10T16:00:00.000Z')
const now = new Date('2026-03-10T04:10:00.000Z')
const lookups = { now, names: [], resetsAt: new Date('2026-03-10T05:00:00.000Z'), lastTryAt: null }
const usedUp = { ...lookups, names: Array.from({ length: 60 }, (_, index) => `gone-${index}`) }
const inAMinute = '2026-03-10T04:11:00.000Z'

function recipient(username: string, differs: Partial<RecipientFacts> = {}): RecipientFacts {
  return {
    username,
    exists: true,
    incoming: 'accept',
    isYou: false,
    alreadyShared: false,
    quotaFull: false,
    ...differs,
  }
}

function someone(count: number): RecipientFacts[] {
  return Array.from({ length: count }, (_, index) => recipient(`tenant-${index}`))
}

function facts(differs: Partial<ShareFacts> = {}): ShareFacts {
  const end = { expiresAt: null, now, timeZone, policy: { defaultDays: 0, maxDays: 0 } }
  const free = { image, images: 1, end, check, recipientsNow: 0, sharesToday: 0, resetsAt, recipients: someone(1) }
  return { ...free, lookups, ...differs }
}

test('a share within every limit is allowed', () => expect(refuseShare(facts())).toBeNull())

describe('rule 1: an image has at most 20 recipients', () => {
  test.each([
    [0, 20, null],
    [0, 21, { free: 20, asked: 21 }],
    [19, 1, null],
    [19, 2, { free: 1, asked: 2 }],
    [20, 1, { free: 0, asked: 1 }],
    [21, 1, { free: 0, asked: 1 }],
  ])('with %i there, %i more are answered %o', (recipientsNow, asked, refusal) => {
    const answer = refuseShare(facts({ recipientsNow, recipients: someone(asked) }))
    expect(answer).toEqual(refusal && { code: 'IMAGE_RECIPIENTS_FULL', max: 20, ...refusal })
  })
})

describe('rule 2: an account shares at most 200 times a day', () => {
  test.each([
    [199, 1, null],
    [200, 1, { left: 0, asked: 1 }],
    [201, 1, { left: 0, asked: 1 }],
    [195, 5, null],
    [195, 6, { left: 5, asked: 6 }],
  ])('after %i, %i more are answered %o', (sharesToday, asked, refusal) => {
    const answer = refuseShare(facts({ sharesToday, recipients: someone(asked) }))
    const expected = { code: 'DAILY_SHARES_USED_UP', max: 200, resetsAt: resetsAt.toISOString(), ...refusal }
    expect(answer).toEqual(refusal && expected)
  })

  it('counts days of the time zone, exact to the millisecond', () => {
    const last = new Date('2026-03-10T15:59:59.999Z')
    expect(shareDay(last, 'Asia/Shanghai')).toBe('2026-03-10')
    expect(shareDay(resetsAt, 'Asia/Shanghai')).toBe('2026-03-11')
    expect(shareDay(resetsAt, 'UTC')).toBe('2026-03-10')
    expect(dayTurnsAt(last, 'Asia/Shanghai')).toEqual(resetsAt)
    expect(dayTurnsAt(resetsAt, 'Asia/Shanghai')).toEqual(new Date('2026-03-11T16:00:00.000Z'))
  })

  test.each([
    ['a day of 23 hours', 'America/New_York', '2026-03-08T05:00:00.000Z', '2026-03-09T04:00:00.000Z'],
    ['a day of 25 hours', 'America/New_York', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'],
    ['a day whose successor was left out', 'Pacific/Apia', '2011-12-29T10:00:00.000Z', '2011-12-30T10:00:00.000Z'],
  ])('knows when %s turns', (_, zone, begins, turns) => {
    expect(dayTurnsAt(new Date(begins), zone)).toEqual(new Date(turns))
  })

  it('changes the day at the first moment of the next date, in any zone', () => {
    const zones = ['Asia/Shanghai', 'UTC', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Kiritimati']
    const moments = fc.date({ min: new Date('2000-01-01'), max: new Date('2060-01-01'), noInvalidDate: true })
    const turnsRightly = fc.property(moments, fc.constantFrom(...zones), (now, zone) => {
      const turn = dayTurnsAt(now, zone)
      expect(shareDay(turn, zone) > shareDay(now, zone)).toBe(true)
      expect(shareDay(new Date(turn.getTime() - 1), zone)).toBe(shareDay(now, zone))
    })
    fc.assert(turnsRightly, { numRuns: 50 })
  })
})

describe('rules 5, 6 and 10: the image', () => {
  test.each([
    ["another's", null, 'IMAGE_NOT_FOUND'],
    ['held through a share', 'cn-a', 'RESHARE_FORBIDDEN'],
    ['held elsewhere', 'cn-b', 'IMAGE_NOT_FOUND'],
  ])('%s', (_, heldIn, code) => expect(refuseForeignImage(heldIn, 'cn-a')).toEqual({ code }))

  test.each(['importing', 'copying', 'failed', 'deleting', 'deleted'])('one that is %s cannot be shared', (state) => {
    const answer = refuseShare(facts({ image: { state } }))
    expect(answer).toEqual({ code: 'IMAGE_NOT_AVAILABLE', state })
  })
})

const refusedRecipients = {
  RECIPIENT_NOT_FOUND: { exists: false },
  RECIPIENT_IS_YOU: { isYou: true },
  ALREADY_SHARED: { alreadyShared: true },
  RECIPIENT_QUOTA_FULL: { quotaFull: true },
} satisfies Record<RecipientRefusalCode, Partial<RecipientFacts>>

describe('a refused username', () => {
  test.each(Object.entries(refusedRecipients))('is answered %s', (code, differs) => {
    const answer = refuseShare(facts({ recipients: [recipient('lantern', differs)] }))
    expect(answer).toEqual({ code, recipients: [{ username: 'lantern', code }] })
  })

  it('refuses the others too, and each refused one has its own reason, in the order they were typed', () => {
    const mixed = Object.entries(refusedRecipients).map(([code, differs]) => recipient(code.toLowerCase(), differs))
    const recipients = [recipient('meadow'), ...mixed]
    const each = Object.keys(refusedRecipients).map((code) => ({ username: code.toLowerCase(), code }))
    expect(refuseShare(facts({ recipients }))).toEqual({ code: 'RECIPIENT_NOT_FOUND', recipients: each })
  })

  it('has one reason: your own, then not found, already shared, quota full', () => {
    const everything = { isYou: true, exists: false, alreadyShared: true, quotaFull: true }
    const codeOf = (differs: Partial<RecipientFacts>) =>
      refuseShare(facts({ recipients: [recipient('x', { ...everything, ...differs })] }))?.code
    expect(codeOf({})).toBe('RECIPIENT_IS_YOU')
    expect(codeOf({ isYou: false })).toBe('RECIPIENT_NOT_FOUND')
    expect(codeOf({ isYou: false, exists: true })).toBe('ALREADY_SHARED')
    expect(codeOf({ isYou: false, exists: true, alreadyShared: false })).toBe('RECIPIENT_QUOTA_FULL')
  })
})

describe('unknown usernames, at most 60 an hour', () => {
  const unknown = (count: number) => someone(count).map((one) => ({ ...one, exists: false }))
  test.each([
    [58, 1, 'RECIPIENT_NOT_FOUND'],
    [59, 1, 'RECIPIENT_NOT_FOUND'],
    [59, 2, 'LOOKUPS_USED_UP'],
    [60, 1, 'LOOKUPS_USED_UP'],
    [61, 1, 'LOOKUPS_USED_UP'],
  ])('after %i, %i more are answered %s', (count, more, code) => {
    const names = Array.from({ length: count }, (_, index) => `gone-${index}`)
    const answer = refuseShare(facts({ recipients: unknown(more), lookups: { ...lookups, names } }))
    expect(answer?.code).toBe(code)
  })

  it('a name that was counted within the hour, and an impossible username, do not count', () => {
    const names = [...usedUp.names.slice(2), 'tenant-0']
    const recipients = [...unknown(2), recipient('lantern@example.com', { exists: false })]
    const again = refuseShare(facts({ recipients, lookups: { ...lookups, names } }))
    expect(again?.code).toBe('RECIPIENT_NOT_FOUND')
  })

  it('once they are used up, refused usernames have no reason, which would tell which of the others exist', () => {
    for (const differs of Object.values(refusedRecipients)) {
      const answer = refuseShare(facts({ recipients: [recipient('x', differs)], lookups: usedUp }))
      expect(answer).toEqual({ code: 'LOOKUPS_USED_UP', max: 60, resetsAt: inAMinute })
    }
    expect(refuseShare(facts({ lookups: usedUp }))).toBeNull()
  })

  test.each([
    ['one at the same moment', 0, inAMinute],
    ['one 59.999 s ago', 59_999, '2026-03-10T04:10:00.001Z'],
    ['one 60 s ago', 60_000, null],
    ['one of a server whose clock is ahead', -5_000, '2026-03-10T04:11:05.000Z'],
  ])('once used up, a share that could succeed waits for a minute after %s', (_, ago, resetsAt) => {
    const tried = { ...usedUp, lastTryAt: new Date(now.getTime() - ago) }
    const refusal = resetsAt && { code: 'LOOKUPS_USED_UP', max: 60, resetsAt }
    expect(refuseShare(facts({ lookups: tried }))).toEqual(refusal)
  })

  it('nobody waits longer than until look-ups work again', () => {
    const soon = new Date('2026-03-10T04:10:20.000Z')
    const answer = refuseShare(facts({ recipients: unknown(1), lookups: { ...usedUp, resetsAt: soon } }))
    expect(answer).toMatchObject({ code: 'LOOKUPS_USED_UP', resetsAt: soon.toISOString() })
  })
})

test('unknown usernames are those without a master account', () => {
  const recipients = [
    recipient('lantern', {}),
    recipient('nobody', { exists: false }),
    recipient('harbour', { isYou: true }),
    recipient('meadow', { alreadyShared: true }),
    recipient('orchard', { quotaFull: true }),
  ]
  expect(unknownOf(recipients)).toEqual(['nobody'])
})

test('refusals come in one order: the image, its disk, its places, the day, then the usernames', () => {
  const order = {
    IMAGE_NOT_AVAILABLE: { image: { state: 'failed' } },
    DISK_UNCHECKED: { check: { ...check, check: null } },
    IMAGE_RECIPIENTS_FULL: { recipientsNow: recipientsMax },
    DAILY_SHARES_USED_UP: { sharesToday: dailySharesMax },
    LOOKUPS_USED_UP: { lookups: usedUp },
    RECIPIENT_NOT_FOUND: { recipients: [recipient('nobody', { exists: false })] },
  } satisfies Partial<Record<RefusalCode, Partial<ShareFacts>>>
  const wrongs = Object.entries(order)
  for (const [index, [code]] of wrongs.entries()) {
    // Everything that comes later in the order is wrong as well.
    const wrong = Object.assign({}, ...wrongs.slice(index).map(([, differs]) => differs))
    expect(refuseShare(facts(wrong))?.code).toBe(code)
  }
})
