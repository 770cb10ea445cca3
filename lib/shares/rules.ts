import type { RecipientRefusalCode, Refusal, RefusedRecipient } from '@/lib/result'

/** Rule 1: "One image can be shared to a maximum of 20 tenants", at the same time. */
export const recipientsMax = 20
/** Rule 2: "An account can only share images for 200 times in one day." One time is one recipient added. */
export const dailySharesMax = 200
/** Usernames in one submit. More could never fit one image. */
export const usernamesMax = recipientsMax
/** Usernames that nobody has, asked for within an hour by one master account, by look-up and by submit together. */
export const unknownLookupsMax = 60
export const unknownLookupsWindowMs = 60 * 60 * 1000
export const noteMax = 200

/** The calendar day, as YYYY-MM-DD, that a moment belongs to in the deployment's time zone. Rule 2 counts by it. */
export function shareDay(now: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(now)
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

export type RecipientFacts = {
  username: string
  /** A master account that is not disabled has this name. */
  exists: boolean
  isYou: boolean
  alreadyShared: boolean
  quotaFull: boolean
}

export type ImageFacts = {
  id: string
  isOwn: boolean
  /** The viewer's master account holds a share of it. */
  isHeld: boolean
  regionId: string
  state: string
}

export type ShareFacts = {
  /** Null: there is no such image. */
  image: ImageFacts | null
  region: string
  recipientsNow: number
  sharesToday: number
  resetsAt: Date
  recipients: RecipientFacts[]
  unknownLookups: { recent: number; resetsAt: Date }
}

/**
 * Whether these recipients can be added to this image: null, or the refusal. The image comes first, then what concerns the
 * whole request (places, day), then every username with its own reason. All or none: one refused username refuses all.
 */
export function refuseShare(facts: ShareFacts): Refusal | null {
  return refuseSharedImage(facts.image, facts.region) ?? refuseCount(facts) ?? refuseRecipients(facts)
}

/** Whether this image can be shared at all by who asks, under the region of the URL. */
export function refuseSharedImage(image: ImageFacts | null, region: string): Refusal | null {
  if (!image?.isOwn)
    return { code: image?.isHeld && image.regionId === region ? 'RESHARE_FORBIDDEN' : 'IMAGE_NOT_FOUND' }
  if (image.regionId !== region) {
    return { code: 'REGION_MISMATCH', imageId: image.id, imageRegion: image.regionId, region }
  }
  return image.state === 'available' ? null : { code: 'IMAGE_NOT_AVAILABLE', state: image.state }
}

function refuseCount(facts: ShareFacts): Refusal | null {
  const asked = facts.recipients.length
  const free = Math.max(0, recipientsMax - facts.recipientsNow)
  if (asked > free) return { code: 'IMAGE_RECIPIENTS_FULL', max: recipientsMax, free, asked }
  const left = Math.max(0, dailySharesMax - facts.sharesToday)
  if (asked <= left) return null
  return { code: 'DAILY_SHARES_USED_UP', max: dailySharesMax, left, asked, resetsAt: facts.resetsAt.toISOString() }
}

function refuseRecipients(facts: ShareFacts): Refusal | null {
  const refused: RefusedRecipient[] = []
  for (const recipient of facts.recipients) {
    const code = refuseRecipient(recipient)
    if (code) refused.push({ username: recipient.username, code })
  }
  const first = refused[0]
  if (!first) return null
  const unknown = refused.filter((recipient) => recipient.code === 'RECIPIENT_NOT_FOUND').length
  // With the look-ups used up, no answer about a username is given at all: "already shared" for one name beside silence
  // about another would tell which of the two exists.
  if (facts.unknownLookups.recent >= unknownLookupsMax || facts.unknownLookups.recent + unknown > unknownLookupsMax) {
    return { code: 'LOOKUPS_USED_UP', max: unknownLookupsMax, resetsAt: facts.unknownLookups.resetsAt.toISOString() }
  }
  return { code: first.code, recipients: refused }
}

/** Why this username cannot be added, or null. */
export function refuseRecipient(recipient: RecipientFacts): RecipientRefusalCode | null {
  if (recipient.isYou) return 'RECIPIENT_IS_YOU'
  if (!recipient.exists) return 'RECIPIENT_NOT_FOUND'
  if (recipient.alreadyShared) return 'ALREADY_SHARED'
  if (recipient.quotaFull) return 'RECIPIENT_QUOTA_FULL'
  return null
}
