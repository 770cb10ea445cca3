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
/** Rule 2: "An account can only share images for 200 times in one day." One time is one recipient added. */
export const dailySharesMax = 200
/** Usernames in one submit. More could never fit one image. */
export const usernamesMax = recipientsMax
export const noteMax = 200
/** Shares that can be selected and ended at once: a page of the list. */
export const selectedMax = 100
/** Rule 15: a pending share that nobody has answered for so many days ends. */
export const answerDays = 30
/** What the form offers as an end, in days; besides it offers no end and a date. */
export const untilDays = [7, 30, 90] as const

const dayMs = 24 * 60 * 60 * 1000

/** One for each zone, of which a deployment has one: making a formatter takes fifty times as long as using it. */
const dayFormats = new Map<string, Intl.DateTimeFormat>()

/** The calendar day, as YYYY-MM-DD, that a moment belongs to in the deployment's time zone. Rule 2 counts by it. */
export function shareDay(now: Date, timeZone: string): string {
  const format = dayFormats.get(timeZone) ?? new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
  dayFormats.set(timeZone, format)
  return format.format(now)
}

/** The moment when the day of `now` turns: the first instant of the next calendar day in the time zone. */
export function dayTurnsAt(now: Date, timeZone: string): Date {
  const today = shareDay(now, timeZone)
  // A day has 23 to 25 hours where clocks change, so the turn is searched for and not computed.
  let before = now.getTime()
  let after = before + 26 * 60 * 60 * 1000
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (shareDay(new Date(middle), timeZone) === today) before = middle
    else after = middle
  }
  return new Date(after)
}

/** Until when a share is asked for. `default` is what the operator has set; a date ends with that day in the deployment's time zone. */
export const untilChoices = ['default', 'never', '7', '30', '90', 'date'] as const
export type Until = { until: (typeof untilChoices)[number]; untilDate: string | null }

export type EndPolicy = { defaultDays: number; maxDays: number }

type EndFacts = { now: Date; timeZone: string; policy: EndPolicy }

/** Rule 16: the end that is asked for, null for none. Without a default of the operator, his maximum is the default. */
export function endOfShare({ until, untilDate }: Until, { now, timeZone, policy }: EndFacts): Date | null {
  const inDays = (days: number) => (days > 0 ? new Date(now.getTime() + days * dayMs) : null)
  if (until === 'default') return inDays(policy.defaultDays || policy.maxDays)
  if (until === 'never') return null
  if (until === 'date') return endOfDay(untilDate ?? '', timeZone)
  return inDays(Number(until))
}

function endOfDay(day: string, timeZone: string): Date {
  // Noon in Greenwich is within the same day everywhere but in the far east of the date line, where midnight is.
  const noon = new Date(`${day}T12:00:00Z`)
  return dayTurnsAt(shareDay(noon, timeZone) === day ? noon : new Date(`${day}T00:00:00Z`), timeZone)
}

/** Rule 16: an end lies in the future, and within the operator's maximum, of which the last day counts as a whole. */
export function refuseEnd(
  end: Date | null,
  { now, timeZone, policy: { maxDays } }: EndFacts,
): RefusalOf<'SHARE_END_PAST' | 'SHARE_END_TOO_LATE'> | null {
  if (end && end <= now) return { code: 'SHARE_END_PAST' }
  if (maxDays === 0) return null
  const latest = dayTurnsAt(new Date(now.getTime() + maxDays * dayMs), timeZone)
  return !end || end > latest ? { code: 'SHARE_END_TOO_LATE', max: maxDays } : null
}

/** Rule 16: how many days before its end both sides of a share are told of it. */
export const endNoticeDays = [7, 1] as const

/**
 * Rule 16: when both sides are told next that a share ends. Null if no such moment is left: who sets the end knows
 * it.
 */
export function nextEndNotice(end: Date | null, now: Date): Date | null {
  if (!end) return null
  return endNoticeDays.map((days) => new Date(end.getTime() - days * dayMs)).find((moment) => moment > now) ?? null
}

/** The days until the end of a share, a begun one counted as a whole. */
export function daysLeft(end: Date, now: Date): number {
  return Math.max(1, Math.ceil((end.getTime() - now.getTime()) / dayMs))
}

/** Rule 15: the moment at which a share that waits for its recipient since `now` ends unanswered. */
export function answerEnd(now: Date): Date {
  return new Date(now.getTime() + answerDays * dayMs)
}

/** Rule 15: a share is accepted if it still waits and its recipient has a place for it; accepting it twice is accepting it once. */
export function refuseAccept(facts: { isPending: boolean; quota: QuotaFacts }): RefusalOf<'IMAGE_QUOTA_FULL'> | null {
  return facts.isPending ? refuseQuota(resources.images, facts.quota) : null
}

/** Which word the record has for an end: by whom, and of what kind of share. */
export function endAction({ isPending, by }: { isPending: boolean; by: 'sharer' | 'recipient' }) {
  return isPending && by === 'recipient' ? 'share.decline' : 'share.cancel'
}

export type RecipientFacts = {
  username: string
  /** A master account that is not disabled has this name (rule 11). */
  exists: boolean
  incoming: 'accept' | 'ask' | 'refuse'
  isYou: boolean
  alreadyShared: boolean
  quotaFull: boolean
}

export type ShareFacts = {
  image: { state: string }
  /** How many images are shared at once with these recipients. */
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

/** Without a look at the recipients. */
function refuseImage(facts: ShareFacts): ShareRefusal | null {
  const { state } = facts.image
  if (!canImage('share', state)) return { code: 'IMAGE_NOT_AVAILABLE', state }
  const { end } = facts
  return refuseShareUnchecked(facts.check) ?? refuseEnd(end.expiresAt, end) ?? refuseCount(facts)
}

/** Of several images: whether a recipient has room for all is told only where everything else is well. */
function refuseKnown(facts: ShareFacts): ShareRefusal | null {
  return refuseRecipients({ ...facts, recipients: facts.recipients.map((one) => ({ ...one, quotaFull: false })) })
}

/**
 * As `refuseShare`, for several images with the same recipients, of which all are shared or none. Each step of the order is gone
 * through for all images before the next: a name is answered only where no image is in the way, and room only where no name is.
 * Otherwise an image that is always refused would let somebody look up names, or count another's free places, for nothing.
 * `isOfImage`: the others might be shared.
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

/** Rule 5: the answer to an attempt to share another's image. Only the holder of a share in this region learns that it exists. */
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
 * Once unknown usernames are used up, no refused username gets a reason: silence beside one would reveal who exists.
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

/** The usernames that no master account has, as far as the sharer is told. */
export function unknownOf(recipients: RecipientFacts[]): string[] {
  return recipients
    .filter((recipient) => refuseRecipient(recipient) === 'RECIPIENT_NOT_FOUND')
    .map((recipient) => recipient.username)
}

function refuseRecipient(recipient: RecipientFacts): RecipientRefusalCode | null {
  if (recipient.isYou) return 'RECIPIENT_IS_YOU'
  if (!recipient.exists || recipient.incoming === 'refuse') return 'RECIPIENT_NOT_FOUND'
  if (recipient.alreadyShared) return 'ALREADY_SHARED'
  // A pending share takes its place when it is accepted.
  if (recipient.quotaFull && recipient.incoming !== 'ask') return 'RECIPIENT_QUOTA_FULL'
  return null
}
