import {
  areLookupsUsedUp,
  countedUnknown,
  type Lookups,
  nextTryAt,
  unknownLookupsMax,
  waitsUntil,
} from '@/lib/accounts/rules'
import { refuseShareUnchecked, type ShareCheck } from '@/lib/checks/rules'
import { canImage } from '@/lib/images/rules'
import { refuseQuota, resources } from '@/lib/quotas/rules'
import type { QuotaFacts, RecipientRefusalCode, RefusalOf, RefusedRecipient } from '@/lib/result'

/** Rule 1: "One image can be shared to a maximum of 20 tenants", at the same time. */
export const recipientsMax = 20
/** Rule 2: "An account can only share images for 200 times in one day." One time is one added recipient. */
export const dailySharesMax = 200
/** The most usernames in one submit: more could never have one image. */
export const usernamesMax = recipientsMax
export const noteMax = 200
/** The most shares that can be selected together: one page of a list. */
export const selectedMax = 100
/** Rule 15: an unanswered pending share expires after this many days. */
export const answerDays = 30
/** The ends that the form offers, in days, besides no end and a date. */
export const untilDays = [7, 30, 90] as const

const dayMs = 24 * 60 * 60 * 1000

/** By time zone, of which a deployment has one: creating a formatter takes fifty times as long as using it. */
const dayFormats = new Map<string, Intl.DateTimeFormat>()

/** The calendar day, as YYYY-MM-DD, of a moment in the deployment's time zone. Rule 2 counts by it. */
export function shareDay(now: Date, timeZone: string): string {
  const format = dayFormats.get(timeZone) ?? new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
  dayFormats.set(timeZone, format)
  return format.format(now)
}

/** The start of the next calendar day in the time zone. */
export function dayTurnsAt(now: Date, timeZone: string): Date {
  const today = shareDay(now, timeZone)
  // A day has 23 to 25 hours where clocks change, so the start is searched for, not computed.
  let before = now.getTime()
  let after = before + 26 * 60 * 60 * 1000
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (shareDay(new Date(middle), timeZone) === today) before = middle
    else after = middle
  }
  return new Date(after)
}

/** The choices for a share's end. `default`: the operator's setting; a date includes that whole day in the deployment's time zone. */
export const untilChoices = ['default', 'never', '7', '30', '90', 'date'] as const
export type Until = { until: (typeof untilChoices)[number]; untilDate: string | null }

export type EndPolicy = { defaultDays: number; maxDays: number }

type EndFacts = { now: Date; timeZone: string; policy: EndPolicy }

/** Rule 16: the requested end, null for none. If the operator has set no default, the maximum is the default. */
export function endOfShare({ until, untilDate }: Until, { now, timeZone, policy }: EndFacts): Date | null {
  const inDays = (days: number) => (days > 0 ? new Date(now.getTime() + days * dayMs) : null)
  if (until === 'default') return inDays(policy.defaultDays || policy.maxDays)
  if (until === 'never') return null
  if (until === 'date') return endOfDay(untilDate ?? '', timeZone)
  return inDays(Number(until))
}

function endOfDay(day: string, timeZone: string): Date {
  // 12:00 UTC is on the same date everywhere but in the far east near the date line; there it is at 00:00 UTC.
  const noon = new Date(`${day}T12:00:00Z`)
  return dayTurnsAt(shareDay(noon, timeZone) === day ? noon : new Date(`${day}T00:00:00Z`), timeZone)
}

/** Rule 16: refuses an end in the past, or beyond the operator's maximum, whose last day counts as a whole. */
export function refuseEnd(
  end: Date | null,
  { now, timeZone, policy: { maxDays } }: EndFacts,
): RefusalOf<'SHARE_END_PAST' | 'SHARE_END_TOO_LATE'> | null {
  if (end && end <= now) return { code: 'SHARE_END_PAST' }
  if (maxDays === 0) return null
  const latest = dayTurnsAt(new Date(now.getTime() + maxDays * dayMs), timeZone)
  return !end || end > latest ? { code: 'SHARE_END_TOO_LATE', max: maxDays } : null
}

/** Rule 16: how many days before its end both sides of a share are notified. */
export const endNoticeDays = [7, 1] as const

/**
 * Rule 16: when both sides are next notified of a share's end. Null if no such time is left: whoever set the end knows
 * it.
 */
export function nextEndNotice(end: Date | null, now: Date): Date | null {
  if (!end) return null
  return endNoticeDays.map((days) => new Date(end.getTime() - days * dayMs)).find((moment) => moment > now) ?? null
}

/** The days until the end of a share; a started day counts as a whole. */
export function daysLeft(end: Date, now: Date): number {
  return Math.max(1, Math.ceil((end.getTime() - now.getTime()) / dayMs))
}

/** Rule 15: when a share that has been pending since `now` expires unanswered. */
export function answerEnd(now: Date): Date {
  return new Date(now.getTime() + answerDays * dayMs)
}

/** Rule 15: refuses a pending share if its recipient has no place. Accepting an accepted share again changes nothing. */
export function refuseAccept(facts: { isPending: boolean; quota: QuotaFacts }): RefusalOf<'IMAGE_QUOTA_FULL'> | null {
  return facts.isPending ? refuseQuota(resources.images, facts.quota) : null
}

/** The action that records an end, by who ended it and whether the share was pending. */
export function endAction({ isPending, by }: { isPending: boolean; by: 'sharer' | 'recipient' }) {
  return isPending && by === 'recipient' ? 'share.decline' : 'share.cancel'
}

export type RecipientFacts = {
  username: string
  /** Whether an enabled master account has this name (rule 11). */
  exists: boolean
  incoming: 'accept' | 'ask' | 'refuse'
  isYou: boolean
  alreadyShared: boolean
  quotaFull: boolean
}

export type ShareFacts = {
  image: { state: string }
  /** How many images are shared with these recipients at once. */
  images: number
  end: { expiresAt: Date | null } & EndFacts
  check: ShareCheck
  recipientsNow: number
  sharesToday: number
  resetsAt: Date
  recipients: RecipientFacts[]
  lookups: Lookups
}

export type ShareRefusal = RefusalOf<
  | 'IMAGE_NOT_AVAILABLE'
  | 'DISK_HAS_SECRETS'
  | 'DISK_UNCHECKED'
  | 'SHARE_NEEDS_REASON'
  | 'IMAGE_RECIPIENTS_FULL'
  | 'DAILY_SHARES_USED_UP'
  | 'LOOKUPS_USED_UP'
  | 'SHARE_END_PAST'
  | 'SHARE_END_TOO_LATE'
  | RecipientRefusalCode
>

/**
 * Null, or the refusal, in the order of rule 12: image, disk, end, then the limits of the request, then each
 * username.
 */
export function refuseShare(facts: ShareFacts): ShareRefusal | null {
  return refuseImage(facts) ?? refuseRecipients(facts)
}

/** The part of the order before the recipients. */
function refuseImage(facts: ShareFacts): ShareRefusal | null {
  const { state } = facts.image
  if (!canImage('share', state)) return { code: 'IMAGE_NOT_AVAILABLE', state }
  const { end } = facts
  return refuseShareUnchecked(facts.check) ?? refuseEnd(end.expiresAt, end) ?? refuseCount(facts)
}

/** The part of the order with the recipients. Room for all of several images is answered only if nothing else is wrong. */
function refuseKnown(facts: ShareFacts): ShareRefusal | null {
  return refuseRecipients({ ...facts, recipients: facts.recipients.map((one) => ({ ...one, quotaFull: false })) })
}

/**
 * As `refuseShare`, for several images with the same recipients, all or none. Each step of the order is checked for all images
 * before the next: names are answered only if no image is refused, and room only if no name is. Otherwise an image that is
 * always refused would let somebody look up names, or count another's free places, at no cost. `isOfImage`: the other images
 * might be shared.
 */
export function refuseShares<Facts extends ShareFacts>(
  all: Facts[],
): { refusal: ShareRefusal; facts: Facts; isOfImage: boolean } | null {
  const steps = all.length > 1 ? [refuseImage, refuseKnown, refuseRecipients] : [refuseShare]
  for (const step of steps) {
    for (const facts of all) {
      const refusal = step(facts)
      if (refusal) return { refusal, facts, isOfImage: isOfImage(refusal) }
    }
  }
  return null
}

function isOfImage(refusal: ShareRefusal): boolean {
  if ('recipients' in refusal) return refusal.recipients.some(({ code }) => code === 'ALREADY_SHARED')
  return !['DAILY_SHARES_USED_UP', 'LOOKUPS_USED_UP', 'SHARE_END_PAST', 'SHARE_END_TOO_LATE'].includes(refusal.code)
}

/** Rule 5: the answer when an account shares another's image. Only a holder of a share in this region learns that it exists. */
export function refuseForeignImage(
  heldIn: string | null,
  region: string,
): RefusalOf<'IMAGE_NOT_FOUND' | 'RESHARE_FORBIDDEN'> {
  return { code: heldIn === region ? 'RESHARE_FORBIDDEN' : 'IMAGE_NOT_FOUND' }
}

function refuseCount(facts: ShareFacts): ShareRefusal | null {
  const asked = facts.recipients.length
  const free = Math.max(0, recipientsMax - facts.recipientsNow)
  if (asked > free) return { code: 'IMAGE_RECIPIENTS_FULL', max: recipientsMax, free, asked }
  const left = Math.max(0, dailySharesMax - facts.sharesToday)
  const times = asked * facts.images
  if (times <= left) return null
  const resetsAt = facts.resetsAt.toISOString()
  return { code: 'DAILY_SHARES_USED_UP', max: dailySharesMax, left, asked: times, resetsAt }
}

/**
 * Once unknown usernames are used up, refused usernames have no reason: silence beside a reason would reveal who exists.
 */
function refuseRecipients({ recipients, lookups }: ShareFacts): ShareRefusal | null {
  const waits = waitsUntil(lookups)
  if (waits) return refuseGuess(waits)
  const refused: RefusedRecipient[] = []
  for (const recipient of recipients) {
    const code = refuseRecipient(recipient)
    if (code) refused.push({ username: recipient.username, code })
  }
  const first = refused[0]
  if (!first) return null
  const counted = countedUnknown(lookups, unknownOf(recipients)).length
  if (areLookupsUsedUp(lookups) || lookups.names.length + counted > unknownLookupsMax) {
    return refuseGuess(nextTryAt(lookups, lookups.now))
  }
  return { code: first.code, recipients: refused }
}

function refuseGuess(next: Date): ShareRefusal {
  return { code: 'LOOKUPS_USED_UP', max: unknownLookupsMax, resetsAt: next.toISOString() }
}

/** The usernames that the sharer is told are unknown. */
export function unknownOf(recipients: RecipientFacts[]): string[] {
  return recipients
    .filter((recipient) => refuseRecipient(recipient) === 'RECIPIENT_NOT_FOUND')
    .map((recipient) => recipient.username)
}

function refuseRecipient(recipient: RecipientFacts): RecipientRefusalCode | null {
  if (recipient.isYou) return 'RECIPIENT_IS_YOU'
  if (!recipient.exists || recipient.incoming === 'refuse') return 'RECIPIENT_NOT_FOUND'
  if (recipient.alreadyShared) return 'ALREADY_SHARED'
  // A pending share takes a place only when it is accepted.
  if (recipient.quotaFull && recipient.incoming !== 'ask') return 'RECIPIENT_QUOTA_FULL'
  return null
}
