import 'server-only'
import { z } from 'zod'
import { type LookupsRow, selectLookups, toLookups } from '@/lib/accounts/reads'
import { areLookupsUsedUp, isUsername, waitsUntil } from '@/lib/accounts/rules'
import { countUnknown, recordShareTry } from '@/lib/accounts/writes-look-up'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { awaitVerdict, readCheckFacts, sharePolicy } from '@/lib/checks/reads'
import {
  isCheckedClean,
  noFindings,
  type ShareCheck,
  totalOf,
  uncheckedReason,
  waitsForVerdict,
} from '@/lib/checks/rules'
import { db } from '@/lib/db/client'
import { type LockedImage, lockCheck, lockImages } from '@/lib/db/locks'
import { insertAnswer, replayed, selectAnswer } from '@/lib/db/once'
import { type Locked, type OwnImageRefusal, onOwnImage } from '@/lib/db/own-image'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { env } from '@/lib/env'
import { insertEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import { refuseUnpermitted } from '@/lib/permissions'
import { selectFull } from '@/lib/quotas/reads'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { findHeldShare } from './reads'
import {
  dayTurnsAt,
  needOfCancel,
  type RecipientFacts,
  recipientsMax,
  refuseForeignImage,
  refuseShare,
  type ShareFacts,
  type ShareRefusal,
  shareDay,
  unknownOf,
} from './rules'
import {
  type CancelShareInput,
  type ImageShare,
  imageShare,
  type MarkSharesSeenInput,
  type ShareImageInput,
} from './schema'

type Candidate = { id: string; username: string }

/**
 * Shares an image with all of the usernames or with none. Refuses as `refuseShare` documents; a refusal only writes the
 * unknown usernames and the attempt. Holds under any concurrency: every fact is read under the locks of the sharer, the
 * acting account, all recipients, the image and the check of its disk. While that runs for the first time, its verdict is
 * waited for, a few seconds. One idempotency key shares once.
 */
export async function shareImage(
  ctx: Context,
  input: ShareImageInput,
): Promise<Result<ImageShare[], OwnImageRefusal | ShareRefusal | RefusalOf<'RESHARE_FORBIDDEN'>>> {
  const first = await tryShare(ctx, input)
  // A disk that has just arrived is checked within seconds, and its owner need not come back for that.
  if (first.ok || !waitsForVerdict(first.refusal)) return first
  return (await awaitVerdict(input.imageId)) ? await tryShare(ctx, input) : first
}

async function tryShare(ctx: Context, input: ShareImageInput): ReturnType<typeof shareImage> {
  const { isOwn, lookups, masters } = await findToLock(ctx, input)
  // Another's image is answered without taking a lock on a recipient.
  if (!isOwn) {
    const held = await findHeldShare(ctx, input.imageId)
    return refuse(refuseForeignImage(held?.regionId ?? null, input.region))
  }
  // An attempt that has to wait locks no recipient, so that its duration reveals no more than its answer.
  const waiting = waitsUntil(lookups) ? lookups : null
  const candidates = waiting ? [] : masters
  const share = async (tx: Transaction, locked: Locked): Promise<Result<ImageShare[], ShareRefusal>> => {
    const { answered, ...read } = await readShareFacts(tx, ctx, input, { ...locked, candidates })
    if (answered) return replayed(z.array(imageShare), answered)
    const check = await readShareCheck(tx, ctx, { image: locked.image, reason: input.reason ?? '' })
    const facts = { ...read, check, lookups: waiting ?? read.lookups }
    const refusal = refuseShare(facts)
    await countGuesses(tx, ctx, facts, refusal)
    if (refusal) return refuse(refusal)
    return ok(await writeShares(tx, ctx, input, { image: locked.image, check, recipients: candidates }))
  }
  return await onOwnImage(ctx, input, share, async () => ({ accounts: candidates.map((candidate) => candidate.id) }))
}

/** Finds what to lock. An image never changes hands, so its owner may be read before the locks. Rule 7: only masters receive. */
async function findToLock(ctx: Context, { imageId, usernames }: ShareImageInput) {
  const [found] = await db().$queryRaw<(LookupsRow & { isOwn: boolean; ids: string[]; usernames: string[] })[]>`
    SELECT EXISTS (SELECT 1 FROM "Image" WHERE id = ${imageId} AND "ownerId" = ${ctx.viewer.ownerId}) AS "isOwn",
      masters.*, lookups.*
    FROM (SELECT coalesce(array_agg(id), '{}') AS ids, coalesce(array_agg(username), '{}') AS usernames FROM "Account"
        WHERE username = ANY(${usernames.filter(isUsername)}::text[]) AND kind = 'MASTER') masters
      CROSS JOIN (${selectLookups(ctx)}) lookups`
  if (!found) throw new Error('A statement without FROM of a table has one row.')
  const masters: Candidate[] = found.ids.map((id, index) => ({ id, username: found.usernames[index] ?? '' }))
  return { isOwn: found.isOwn, lookups: toLookups(ctx, found), masters }
}

type FactsRow = LookupsRow & { answered: unknown; holders: string[]; sharesToday: number; full: string[] }

/** FACTS: all that the rule decides on, by one statement after the locks, and the answer that the same key got before. */
async function readShareFacts(
  tx: Transaction,
  ctx: Context,
  input: ShareImageInput,
  { image, accounts, candidates }: Locked & { candidates: Candidate[] },
): Promise<Omit<ShareFacts, 'check'> & { answered: unknown }> {
  const timeZone = env().ECS_TIME_ZONE
  const ids = candidates.map((candidate) => candidate.id)
  const [row] = await tx.$queryRaw<FactsRow[]>`
    SELECT ${selectAnswer(ctx)} AS answered,
      ARRAY(SELECT "recipientId" FROM "Share" WHERE "imageId" = ${input.imageId} LIMIT ${recipientsMax + 1}) AS holders,
      coalesce((SELECT used FROM "ShareDay" WHERE "accountId" = ${ctx.viewer.ownerId}
        AND day = ${shareDay(ctx.now, timeZone)}::date), 0)::int AS "sharesToday",
      ARRAY(${selectFull('images', ids, input.region)}) AS full,
      lookups.*
    FROM (${selectLookups(ctx)}) lookups`
  if (!row) throw new Error('A statement without FROM of a table has one row.')
  const byName = new Map(candidates.map((candidate) => [candidate.username, candidate.id]))
  const recipients = input.usernames.map((username): RecipientFacts => {
    const id = byName.get(username)
    const account = id === undefined ? undefined : accounts.get(id)
    return {
      username,
      exists: account !== undefined && account.disabledAt === null,
      isYou: id === ctx.viewer.ownerId,
      alreadyShared: id !== undefined && row.holders.includes(id),
      quotaFull: id !== undefined && row.full.includes(id),
    }
  })
  const { answered, holders, sharesToday } = row
  const resetsAt = dayTurnsAt(ctx.now, timeZone)
  return {
    ...{ answered, image, recipientsNow: holders.length, sharesToday, resetsAt, recipients },
    lookups: toLookups(ctx, row),
  }
}

/**
 * The verdict on the disk, read once its row is locked: a new one waits until this share is decided, and none that is written
 * meanwhile is overlooked. No lock and no question where no policy is set.
 */
async function readShareCheck(
  tx: Transaction,
  { viewer: { ownerId } }: Context,
  { image, reason }: { image: LockedImage; reason: string },
): Promise<ShareCheck> {
  const policy = sharePolicy()
  if (policy === 'off' || image.sha256 === null) return { policy, check: null, reason }
  await lockCheck(tx, image.sha256)
  return { policy, check: await readCheckFacts(tx, { ownerId, sha256: image.sha256 }), reason }
}

/** Records what the answer reveals: the unknown usernames and, once those are used up, the attempt. */
async function countGuesses(tx: Transaction, ctx: Context, facts: ShareFacts, refusal: ShareRefusal | null) {
  const isAboutNames = refusal === null || 'recipients' in refusal || refusal.code === 'LOOKUPS_USED_UP'
  if (!isAboutNames || waitsUntil(facts.lookups)) return
  if (refusal) await countUnknown(tx, ctx, facts.lookups, unknownOf(facts.recipients))
  if (areLookupsUsedUp(facts.lookups) || refusal?.code === 'LOOKUPS_USED_UP') await recordShareTry(tx, ctx)
}

/** WRITE: the shares, the day's counter, the answer of the form and the events, by one statement. */
async function writeShares(
  tx: Transaction,
  ctx: Context,
  { region, note }: ShareImageInput,
  { image, check, recipients }: { image: LockedImage; check: ShareCheck; recipients: Candidate[] },
): Promise<ImageShare[]> {
  const { ownerId, accountId } = ctx.viewer
  const day = shareDay(ctx.now, env().ECS_TIME_ZONE)
  const made = recipients.map((recipient) => ({ id: newId('shr'), recipient }))
  const answer = made.map(({ id, recipient: { username } }) => ({
    ...{ id, username, note },
    sharedAt: ctx.now.toISOString(),
    sharedBy: ctx.viewer.username,
  }))
  const events = made.map(({ id, recipient }) => ({
    action: 'share.create' as const,
    regionId: region,
    image,
    shareId: id,
    recipient,
    // The day that it counted on, so that changing the time zone later does not make events and counter differ.
    details: { day, ...acceptedOf(check) },
  }))
  await tx.$executeRaw`
    WITH shares AS (
      INSERT INTO "Share" (id, "imageId", "ownerId", "regionId", "recipientId", "sharedById", note, "createdAt")
      SELECT id, ${image.id}, ${ownerId}, ${region}, recipient, ${accountId}, ${note}, ${ctx.now}::timestamptz
      FROM unnest(${made.map(({ id }) => id)}::text[], ${recipients.map(({ id }) => id)}::text[]) AS made(id, recipient)
    ), day AS (
      INSERT INTO "ShareDay" ("accountId", day, used) VALUES (${ownerId}, ${day}::date, ${made.length})
      ON CONFLICT ("accountId", day) DO UPDATE SET used = "ShareDay".used + excluded.used
    ), answer AS (${insertAnswer(ctx, answer)})
    ${insertEvents(ctx, events)}`
  return answer
}

/** What the record keeps of a share that needed a reason. */
function acceptedOf({ policy, check, reason }: ShareCheck) {
  if (policy === 'off' || isCheckedClean(check)) return {}
  return { reason, findings: totalOf(check?.open ?? noFindings), unchecked: uncheckedReason(check) ?? '' }
}

/**
 * Rule 8: ends a share for its sharer or its recipient. Anyone else, and a share that has already ended, get
 * SHARE_NOT_FOUND. The sharer's sub-account needs Sharing for it, the recipient's Incoming. The recipient's quota place is free at once; the sharer's daily count stays.
 */
export async function cancelShare(
  ctx: Context,
  input: CancelShareInput,
): Promise<Result<{ shareId: string }, RefusalOf<'SHARE_NOT_FOUND' | 'NOT_PERMITTED' | 'SIGNED_OUT' | 'BUSY'>>> {
  const share = await db().share.findFirst({
    where: { id: input.shareId, OR: [{ ownerId: ctx.viewer.ownerId }, { recipientId: ctx.viewer.ownerId }] },
    select: {
      imageId: true,
      regionId: true,
      image: { select: { name: true, owner: { select: { id: true, username: true } } } },
      recipient: { select: { id: true, username: true } },
    },
  })
  if (!share) return refuse({ code: 'SHARE_NOT_FOUND' })
  const owner = share.image.owner
  const unpermitted = refuseUnpermitted(ctx.viewer, [needOfCancel(ctx, owner.id, share.regionId)])
  if (unpermitted) return refuse(unpermitted)
  return await inTransaction(async (tx) => {
    const who = [...new Set([owner.id, share.recipient.id, ctx.viewer.accountId])]
    const { accounts } = await lockImages(tx, who, { ids: [share.imageId], ownerId: null })
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    const cancel = {
      action: 'share.cancel' as const,
      owner,
      regionId: share.regionId,
      image: { id: share.imageId, name: share.image.name },
      shareId: input.shareId,
      recipient: share.recipient,
      details: { by: ctx.viewer.ownerId === owner.id ? 'sharer' : 'recipient' },
    }
    const recorded = await tx.$executeRaw`
      WITH ended AS (DELETE FROM "Share" WHERE id = ${input.shareId} RETURNING id)
      ${insertEvents(ctx, [cancel])} WHERE EXISTS (SELECT 1 FROM ended)`
    if (recorded === 0) return refuse({ code: 'SHARE_NOT_FOUND' })
    return ok({ shareId: input.shareId })
  })
}

/** Marks shares as seen by their recipient, so that they are no longer "New". Shares of others are ignored. */
export async function markSharesSeen(ctx: Context, input: MarkSharesSeenInput): Promise<Result<null, never>> {
  await db().share.updateMany({
    where: { id: { in: input.shareIds }, recipientId: ctx.viewer.ownerId, seenAt: null },
    data: { seenAt: ctx.now },
  })
  return ok(null)
}
