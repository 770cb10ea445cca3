import 'server-only'
import { z } from 'zod'
import { readLookups } from '@/lib/accounts/reads'
import { areLookupsUsedUp, isUsername, waitsUntil } from '@/lib/accounts/rules'
import { countUnknown, recordShareTry } from '@/lib/accounts/writes-look-up'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { type LockedAccount, type LockedImage, lockAccounts, lockImage } from '@/lib/db/locks'
import { once } from '@/lib/db/once'
import { type Locked, type OwnImageRefusal, onOwnImage } from '@/lib/db/own-image'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { env } from '@/lib/env'
import { recordEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import { quotaUse } from '@/lib/quotas/reads'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { findHeldShare } from './reads'
import {
  dayTurnsAt,
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
 * Shares an image with all of the usernames or with none. Refuses as `refuseShare` documents; a refusal writes nothing but
 * the unknown usernames, which are limited, and that a try was taken. Holds under any concurrency: every fact is read under
 * the locks of the sharer, of who acts for it, of all recipients and of the image. One wish shares once.
 */
export async function shareImage(
  ctx: Context,
  input: ShareImageInput,
): Promise<Result<ImageShare[], OwnImageRefusal | ShareRefusal | RefusalOf<'RESHARE_FORBIDDEN'>>> {
  const [isOwn, lookups, masters] = await Promise.all([
    isOwnImage(ctx, input.imageId),
    readLookups(db(), ctx),
    findMasters(input.usernames),
  ])
  // Another's image is answered without taking a lock on a recipient.
  if (!isOwn) {
    const held = await findHeldShare(ctx, input.imageId)
    return refuse(refuseForeignImage(held?.regionId ?? null, input.region))
  }
  // A try that has to wait touches no recipient, so that its time tells no more than its answer.
  const waiting = waitsUntil(lookups) ? lookups : null
  const candidates = waiting ? [] : masters
  const share = async (tx: Transaction, { image, accounts }: Locked): Promise<Result<ImageShare[], ShareRefusal>> => {
    const asked = await readShareFacts(tx, ctx, input, image, candidates, accounts)
    const facts = { ...asked, lookups: waiting ?? (await readLookups(tx, ctx)) }
    const refusal = refuseShare(facts)
    await countGuesses(tx, ctx, facts, refusal)
    if (refusal) return refuse(refusal)
    return ok(await writeShares(tx, ctx, input, candidates, image.name))
  }
  return await onOwnImage(
    ctx,
    input,
    (tx, locked) => once(tx, ctx, z.array(imageShare), () => share(tx, locked)),
    async () => ({ accounts: candidates.map((candidate) => candidate.id) }),
  )
}

// An image never changes hands, so this may be asked before the locks.
async function isOwnImage(ctx: Context, imageId: string): Promise<boolean> {
  return (await db().image.count({ where: { id: imageId, ownerId: ctx.viewer.ownerId } })) === 1
}

async function findMasters(usernames: string[]): Promise<Candidate[]> {
  return await db().account.findMany({
    where: { username: { in: usernames.filter(isUsername) }, kind: 'MASTER' },
    select: { id: true, username: true },
  })
}

async function readShareFacts(
  tx: Transaction,
  ctx: Context,
  input: ShareImageInput,
  image: LockedImage,
  candidates: Candidate[],
  accounts: Map<string, LockedAccount>,
) {
  const timeZone = env().ECS_TIME_ZONE
  const held = await tx.share.findMany({
    where: { imageId: input.imageId },
    select: { recipientId: true },
    take: recipientsMax + 1,
  })
  const day = await tx.shareDay.findUnique({
    where: { accountId_day: { accountId: ctx.viewer.ownerId, day: new Date(shareDay(ctx.now, timeZone)) } },
  })
  const ids = candidates.map((candidate) => candidate.id)
  const quotas = ids.length > 0 ? await quotaUse(tx, ids, input.region) : new Map()
  const holders = new Set(held.map((share) => share.recipientId))
  const byName = new Map(candidates.map((candidate) => [candidate.username, candidate.id]))
  const recipients = input.usernames.map((username): RecipientFacts => {
    const id = byName.get(username)
    const account = id === undefined ? undefined : accounts.get(id)
    const quota = id === undefined ? undefined : quotas.get(id)
    return {
      username,
      exists: account !== undefined && account.disabledAt === null,
      isYou: id === ctx.viewer.ownerId,
      alreadyShared: id !== undefined && holders.has(id),
      quotaFull: quota !== undefined && quota.used >= quota.quota,
    }
  })
  return {
    image,
    recipientsNow: held.length,
    sharesToday: day?.used ?? 0,
    resetsAt: dayTurnsAt(ctx.now, timeZone),
    recipients,
  }
}

/** Counts what the answer tells of usernames: the unknown ones, and, once those are used up, that a try was taken. */
async function countGuesses(tx: Transaction, ctx: Context, facts: ShareFacts, refusal: ShareRefusal | null) {
  const isAboutNames = refusal === null || 'recipients' in refusal || refusal.code === 'LOOKUPS_USED_UP'
  if (!isAboutNames || waitsUntil(facts.lookups)) return
  if (refusal) await countUnknown(tx, ctx, facts.lookups, unknownOf(facts.recipients))
  if (areLookupsUsedUp(facts.lookups) || refusal?.code === 'LOOKUPS_USED_UP') await recordShareTry(tx, ctx)
}

async function writeShares(
  tx: Transaction,
  ctx: Context,
  input: ShareImageInput,
  recipients: Candidate[],
  imageName: string,
): Promise<ImageShare[]> {
  const day = shareDay(ctx.now, env().ECS_TIME_ZONE)
  const shares = recipients.map((recipient) => ({ id: newId('shr'), recipient }))
  await tx.share.createMany({
    data: shares.map(({ id, recipient }) => ({
      id,
      imageId: input.imageId,
      ownerId: ctx.viewer.ownerId,
      regionId: input.region,
      recipientId: recipient.id,
      sharedById: ctx.viewer.accountId,
      note: input.note,
      createdAt: ctx.now,
    })),
  })
  await tx.$executeRaw`
    INSERT INTO "ShareDay" ("accountId", day, used)
    VALUES (${ctx.viewer.ownerId}, ${day}::date, ${shares.length})
    ON CONFLICT ("accountId", day) DO UPDATE SET used = "ShareDay".used + excluded.used`
  await recordEvents(
    tx,
    ctx,
    shares.map(({ id, recipient }) => ({
      action: 'share.create',
      regionId: input.region,
      image: { id: input.imageId, name: imageName },
      shareId: id,
      recipient,
      // Which day it counted on, so that another time zone later does not make the record and the counter differ.
      details: { day },
    })),
  )
  return shares.map(({ id, recipient }) => ({
    id,
    username: recipient.username,
    sharedAt: ctx.now.toISOString(),
    sharedBy: ctx.viewer.username,
    note: input.note,
  }))
}

/**
 * Ends a share, asked by its sharer or by its recipient. Anyone else, and a share that has ended already, get
 * SHARE_NOT_FOUND. The recipient's quota place is free at once; nothing of the sharer's day comes back.
 */
export async function cancelShare(
  ctx: Context,
  input: CancelShareInput,
): Promise<Result<{ shareId: string }, RefusalOf<'SHARE_NOT_FOUND' | 'SIGNED_OUT' | 'BUSY'>>> {
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
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, [...new Set([owner.id, share.recipient.id, ctx.viewer.accountId])])
    await lockImage(tx, share.imageId)
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    const ended = await tx.share.deleteMany({ where: { id: input.shareId } })
    if (ended.count === 0) return refuse({ code: 'SHARE_NOT_FOUND' })
    await recordEvents(tx, ctx, [
      {
        action: 'share.cancel',
        owner,
        regionId: share.regionId,
        image: { id: share.imageId, name: share.image.name },
        shareId: input.shareId,
        recipient: share.recipient,
        details: { by: ctx.viewer.ownerId === owner.id ? 'sharer' : 'recipient' },
      },
    ])
    return ok({ shareId: input.shareId })
  })
}

/** Notes that the recipient has looked at these shares, so that they are no longer "New". Others' shares are left alone. */
export async function markSharesSeen(ctx: Context, input: MarkSharesSeenInput): Promise<Result<null, never>> {
  await db().share.updateMany({
    where: { id: { in: input.shareIds }, recipientId: ctx.viewer.ownerId, seenAt: null },
    data: { seenAt: ctx.now },
  })
  return ok(null)
}
