import { expect, it } from 'vitest'
import { mailMinutes, mailPaces, noticeDetails, noticeKinds, noticeKindsOf, noticesSince, paceOf } from './rules'

const facts = { action: 'image.update', by: null, severe: 0 }

it('notifies the recipient of a new share, and nobody of a renamed image', () => {
  expect(noticeKindsOf({ ...facts, action: 'share.create' })).toEqual({ recipient: 'share.received' })
  expect(noticeKindsOf(facts)).toEqual({})
})

it('notifies of a cancelled share only the side that did not cancel it, and the recipient if the operator did', () => {
  const cancelled = (by: string | null) => noticeKindsOf({ ...facts, action: 'share.cancel', by })
  expect(cancelled('sharer')).toEqual({ recipient: 'share.cancelled' })
  expect(cancelled('recipient')).toEqual({ owner: 'share.cancelled' })
  expect(cancelled(null)).toEqual({ recipient: 'share.cancelled' })
})

it('notifies both sides that a share has ended, and that it was never answered', () => {
  expect(noticeKindsOf({ ...facts, action: 'share.lapse' })).toEqual({
    owner: 'share.expired',
    recipient: 'share.expired',
  })
  expect(noticeKindsOf({ ...facts, action: 'share.expire' })).toEqual({
    owner: 'share.expired',
    recipient: 'share.expired',
  })
})

it('notifies the recipients of a deprecated image, and not its owner', () => {
  expect(noticeKindsOf({ ...facts, action: 'image.deprecate' })).toEqual({ recipient: 'image.deprecated' })
})

it('notifies both sides that a share will end', () => {
  const both = { owner: 'share.ending', recipient: 'share.ending' }
  expect(noticeKindsOf({ ...facts, action: 'share.ending' })).toEqual(both)
})

it('notifies the sharer of an answer, and one person of a sign-in from a new place', () => {
  expect(noticeKindsOf({ ...facts, action: 'share.accept' })).toEqual({ owner: 'share.accepted' })
  expect(noticeKindsOf({ ...facts, action: 'share.decline' })).toEqual({ owner: 'share.declined' })
  expect(noticeKindsOf({ ...facts, action: 'session.place' })).toEqual({ actor: 'session.place' })
})

it('notifies the owner of an image that arrived or failed, and of critical or high findings', () => {
  expect(noticeKindsOf({ ...facts, action: 'image.available' })).toEqual({ owner: 'image.ready' })
  expect(noticeKindsOf({ ...facts, action: 'image.copied' })).toEqual({ owner: 'image.ready' })
  expect(noticeKindsOf({ ...facts, action: 'image.cleaned' })).toEqual({ owner: 'image.ready' })
  expect(noticeKindsOf({ ...facts, action: 'image.fail' })).toEqual({ owner: 'image.failed' })
  expect(noticeKindsOf({ ...facts, action: 'image.findings', severe: 1 })).toEqual({ owner: 'image.findings' })
  expect(noticeKindsOf({ ...facts, action: 'image.findings' })).toEqual({})
})

it('has each kind of the settings once', () => {
  expect(new Set(noticeKinds).size).toBe(11)
  expect(noticeKinds).toHaveLength(11)
})

it('converts a pace to minutes and back', () => {
  for (const pace of mailPaces) expect(paceOf(mailMinutes(pace))).toBe(pace)
  expect(paceOf(0)).toBe('soon')
  expect(paceOf(10_000)).toBe('daily')
})

it("shows neither a share's reason nor details that are not plain values", () => {
  expect(noticeDetails({ by: 'sharer', reason: 'mine', critical: 2, code: ['x'] })).toEqual({
    by: 'sharer',
    critical: 2,
  })
  expect(noticeDetails(null)).toEqual({})
  expect(noticeDetails('by')).toEqual({})
})

it('keeps notices for 90 days', () => {
  expect(noticesSince(new Date('2026-04-01T00:00:00Z'))).toEqual(new Date('2026-01-01T00:00:00Z'))
})
