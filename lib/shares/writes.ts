import 'server-only'
import { z } from 'zod'
import { type IncomingRow, type LookupsRow, selectIncoming, selectLookups, toLookups } from '@/lib/accounts/reads'
import { areLookupsUsedUp, incomingAnswer, isUsername, waitsUntil } from '@/lib/accounts/rules'
import { countUnknown, recordShareTry } from '@/lib/accounts/writes-look-up'
import type { Context } from '@/lib/auth/viewer'
import { awaitVerdict, readCheckFacts, sharePolicy, verdictWaitMs } from '@/lib/checks/reads'
import {
  isCheckedClean,
  noFindings,
  type ShareCheck,
  totalOf,
  uncheckedReason,
  waitsForVerdict,
} from '@/lib/checks/rules'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { type LockedImage, lockCheck } from '@/lib/db/locks'
import { insertAnswer, replayed, selectAnswer } from '@/lib/db/once'
import { type Locked, type OwnImageRefusal, onOwnImage } from '@/lib/db/own-image'
import type { Transaction } from '@/lib/db/transaction'
import { env } from '@/lib/env'
import { insertEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import { selectFull } from '@/lib/quotas/reads'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { endPolicy, findHeldShare } from './reads'
import {
  answerEnd,
  dayTurnsAt,
  endOfShare,
  nextEndNotice,
  type RecipientFacts,
  recipientsMax,
  refuseForeignImage,
  refuseShares,
  type ShareFacts,
  type ShareRefusal,
  shareDay,
  unknownOf,
} from './rules'
import { type ImageShare, imageShare, type ShareImageInput, untilOf } from './schema'
import { endOver } from './writes-end'

type Candidate = { id: string; username: string }

/** Images and usernames: each image is shared with each username. */
export type ShareInput = Omit<ShareImageInput, 'imageId'> & { imageIds: string[] }
export type ShareTried = ShareRefusal | OwnImageRefusal | RefusalOf<'RESHARE_FORBIDDEN'>
/** `image`: the refused one, if the refusal is about one of several. */
export type Shared =
  | { ok: true; value: ImageShare[]; isReplay?: true }
  | { ok: false; refusal: ShareTried; image?: LockedImage }

/**
 * Shares an image with all of the usernames or with none. Refuses as `refuseShare` documents; a refusal only writes the
 * unknown usernames and the attempt. Correct under any concurrency: every fact is read under the locks of the sharer, the
 * acting account, all recipients, the image and its disk's check. While the first check runs, waits a few seconds for its
 * verdict. One idempotency key shares once.
 */
export async function shareImage(
  ctx: Context,
  { imageId, ...input }: ShareImageInput,
): Promise<Result<ImageShare[], ShareTried>> {
  const shared = await shareAll(ctx, { ...input, imageIds: [imageId] })
  return shared.ok ? shared : refuse(shared.refusal)
}

/** Shares each of the own images with each of the usernames, all or none: see `shareImage`. */
export async function shareAll(ctx: Context, input: ShareInput): Promise<Shared> {
  const end = performance.now() + verdictWaitMs
  for (;;) {
    const tried = await tryShare(ctx, input)
    // A disk that has just arrived is checked within seconds, so wait instead of making its owner come back.
    if (tried.ok || !tried.image || !waitsForVerdict(tried.refusal)) return tried
    if (!(await awaitVerdict(tried.image.id, end))) return tried
  }
}

async function tryShare(ctx: Context, input: ShareInput): Promise<Shared> {
  const [imageId = '', ...others] = input.imageIds
  const { isOwn, lookups, masters } = await findToLock(ctx, input)
  // Another's image is refused without locking a recipient.
  if (!isOwn) {
    const held = others.length === 0 ? await findHeldShare(ctx, imageId) : null
    return refuse(refuseForeignImage(held?.regionId ?? null, input.region))
  }
  // An attempt that has to wait locks no recipient, so that its duration reveals no more than its answer.
  const waiting = waitsUntil(lookups) ? lookups : null
  const candidates = waiting ? [] : masters
  const share = async (tx: Transaction, { images: locked, accounts }: Locked): Promise<Shared> => {
    const images = input.imageIds.flatMap((id) => locked.get(id) ?? [])
    // False if one was deleted in the meantime, or is in another region.
    const hasAll = images.length === input.imageIds.length && images.every(({ regionId }) => regionId === input.region)
    if (!hasAll) return refuse({ code: 'IMAGE_NOT_FOUND' })
    const all: SharedFacts[] = []
    for (const image of images) {
      const { answered, ...read } = await readShareFacts(tx, ctx, input, { image, accounts, candidates })
      if (answered) return replayed(z.array(imageShare), answered)
      const check = await readShareCheck(tx, ctx, { image, reason: input.reason ?? '' })
      all.push({ ...read, image, check, lookups: waiting ?? read.lookups })
    }
    const refused = refuseShares(all)
    if (all[0]) await countGuesses(tx, ctx, all[0], refused?.refusal ?? null)
    if (refused) return { ...refuse(refused.refusal), ...(refused.isOfImage && { image: refused.facts.image }) }
    return ok(await writeAll(tx, ctx, input, { all, recipients: candidates }))
  }
  const findAlso = async () => ({ accounts: candidates.map((candidate) => candidate.id), images: others })
  return await onOwnImage(ctx, { imageId, region: input.region }, share, findAlso)
}

type FoundRow = LookupsRow & { isOwn: boolean; ids: string[]; usernames: string[]; incoming: IncomingRow[] }

/**
 * Finds the rows to lock. An image never changes its owner, who may be read before the locks. Rule 7: only masters receive.
 * A recipient that refuses the sharer (rule 15) is not locked, like an unknown name, because the time of a lock can be measured.
 */
async function findToLock(ctx: Context, { imageIds, usernames }: ShareInput) {
  const [found] = await db().$queryRaw<FoundRow[]>`
    SELECT (SELECT count(*) = ${imageIds.length} FROM "Image"
        WHERE id = ANY(${imageIds}::text[]) AND "ownerId" = ${ctx.viewer.ownerId}) AS "isOwn",
      masters.*, ${selectIncoming(ctx, Prisma.sql`SELECT unnest(masters.ids)`)} AS incoming, lookups.*
    FROM (SELECT coalesce(array_agg(id), '{}') AS ids, coalesce(array_agg(username), '{}') AS usernames FROM "Account"
        WHERE username = ANY(${usernames.filter(isUsername)}::text[]) AND kind = 'MASTER') masters
      CROSS JOIN (${selectLookups(ctx)}) lookups`
  if (!found) throw new Error('A statement without FROM of a table has one row.')
  // The sharer's own name gets its own answer, whatever its policy.
  const others = found.incoming.filter(({ id }) => id !== ctx.viewer.ownerId)
  const closed = others.filter((one) => incomingAnswer(one) === 'refuse').map(({ id }) => id)
  const all: Candidate[] = found.ids.map((id, index) => ({ id, username: found.usernames[index] ?? '' }))
  const masters = all.filter(({ id }) => !closed.includes(id))
  return { isOwn: found.isOwn, lookups: toLookups(ctx, found), masters }
}

type FactsRow = LookupsRow & {
  answered: unknown
  holders: string[]
  over: string[]
  sharesToday: number
  full: string[]
  incoming: IncomingRow[]
  now: Date
}

/** The facts of one image. `over`: recipients whose share of it has expired and is not swept yet. */
type SharedFacts = ShareFacts & { image: LockedImage; over: string[] }
type ReadFacts = Omit<SharedFacts, 'check'> & { answered: unknown }

/** FACTS: everything that the rule needs, read in one statement after the locks, and this key's stored answer. */
async function readShareFacts(
  tx: Transaction,
  ctx: Context,
  input: ShareInput,
  { image, accounts, candidates }: Pick<Locked, 'image' | 'accounts'> & { candidates: Candidate[] },
): Promise<ReadFacts> {
  const timeZone = env().ECS_TIME_ZONE
  const ids = candidates.map((candidate) => candidate.id)
  const [row] = await tx.$queryRaw<FactsRow[]>`
    SELECT ${selectAnswer(ctx)} AS answered,
      ARRAY(SELECT "recipientId" FROM "LiveShare" WHERE "imageId" = ${image.id} LIMIT ${recipientsMax + 1}) AS holders,
      ARRAY(SELECT "recipientId" FROM "Share" WHERE "imageId" = ${image.id} AND "recipientId" = ANY(${ids}::text[])
        AND least("expiresAt", "answerBy") <= statement_timestamp()) AS over,
      coalesce((SELECT used FROM "ShareDay" WHERE "accountId" = ${ctx.viewer.ownerId}
        AND day = ${shareDay(ctx.now, timeZone)}::date), 0)::int AS "sharesToday",
      ARRAY(${selectFull('images', ids, { regionId: input.region, asked: input.imageIds.length })}) AS full,
      ${selectIncoming(ctx, Prisma.sql`SELECT unnest(${ids}::text[])`)} AS incoming, statement_timestamp() AS now, lookups.*
    FROM (${selectLookups(ctx)}) lookups`
  if (!row) throw new Error('A statement without FROM of a table has one row.')
  const byName = new Map(candidates.map((candidate) => [candidate.username, candidate.id]))
  const recipients = input.usernames.map((username): RecipientFacts => {
    const id = byName.get(username)
    const account = id === undefined ? undefined : accounts.get(id)
    const incoming = row.incoming.find((one) => one.id === id)
    return {
      username,
      exists: account !== undefined && account.disabledAt === null,
      incoming: incoming ? incomingAnswer(incoming) : 'refuse',
      isYou: id === ctx.viewer.ownerId,
      alreadyShared: id !== undefined && row.holders.includes(id),
      quotaFull: id !== undefined && row.full.includes(id),
    }
  })
  const { answered, holders, over, sharesToday, now } = row
  const resetsAt = dayTurnsAt(ctx.now, timeZone)
  // A share's end is compared with the database's clock.
  const ends = { now, timeZone, policy: endPolicy() }
  return {
    ...{ answered, over, image, recipientsNow: holders.length, sharesToday, resetsAt, recipients },
    images: input.imageIds.length,
    end: { expiresAt: endOfShare(untilOf(input), ends), ...ends },
    lookups: toLookups(ctx, row),
  }
}

/**
 * The verdict on the disk, read under its row's lock, so that no verdict is written until this share is decided. Without a
 * policy nothing is locked or read.
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

async function writeAll(
  tx: Transaction,
  ctx: Context,
  input: ShareInput,
  { all, recipients }: { all: SharedFacts[]; recipients: Candidate[] },
): Promise<ImageShare[]> {
  const made: ImageShare[] = []
  for (const facts of all) {
    // A recipient of an expired share can get a new one even before the sweep.
    if (facts.over.length > 0) await endOver(tx, ctx.now, { imageId: facts.image.id, recipientIds: facts.over })
    // The form's one answer covers all images, so it is stored with the last.
    const before = facts === all.at(-1) ? made : null
    made.push(...(await writeShares(tx, ctx, input, { facts, recipients, before })))
  }
  return made
}

/**
 * WRITE: the shares of one image, the day's counter, the form's answer and the events, in one statement. `before`: the part of the
 * answer for earlier images; null: the answer is not stored yet.
 */
async function writeShares(
  tx: Transaction,
  ctx: Context,
  { region, note }: ShareInput,
  { facts, recipients, before }: { facts: SharedFacts; recipients: Candidate[]; before: ImageShare[] | null },
): Promise<ImageShare[]> {
  const { image, check, end } = facts
  const asking = facts.recipients.filter(({ incoming }) => incoming === 'ask').map(({ username }) => username)
  const until = end.expiresAt?.toISOString() ?? null
  const { ownerId, accountId } = ctx.viewer
  const day = shareDay(ctx.now, env().ECS_TIME_ZONE)
  const made = recipients.map((recipient) => ({ id: newId('shr'), recipient }))
  const statusOf = ({ username }: Candidate) =>
    asking.includes(username) ? ('PENDING' as const) : ('ACCEPTED' as const)
  const answer = made.map(({ id, recipient }) => ({
    ...{ id, username: recipient.username, note, until, status: statusOf(recipient) },
    sharedAt: ctx.now.toISOString(),
    sharedBy: ctx.viewer.username,
  }))
  const events = made.map(({ id, recipient }) => ({
    action: 'share.create' as const,
    regionId: region,
    image,
    shareId: id,
    recipient,
    // The day on which it counted, so that events and counter still match if the time zone is changed later.
    details: {
      day,
      ...(statusOf(recipient) === 'PENDING' && { status: 'PENDING' }),
      ...(until && { until }),
      ...acceptedOf(check),
    },
  }))
  await tx.$executeRaw`
    WITH shares AS (
      INSERT INTO "Share" (id, "imageId", "ownerId", "regionId", "recipientId", "sharedById", note, "createdAt", status, "expiresAt", "endNoticeAt", "answerBy")
      SELECT id, ${image.id}, ${ownerId}, ${region}, recipient, ${accountId}, ${note}, ${ctx.now}::timestamptz,
        status::"ShareStatus", ${end.expiresAt}::timestamptz, ${nextEndNotice(end.expiresAt, end.now)}::timestamptz,
        CASE WHEN status = 'PENDING' THEN ${answerEnd(end.now)}::timestamptz END
      FROM unnest(${made.map(({ id }) => id)}::text[], ${recipients.map(({ id }) => id)}::text[],
        ${recipients.map(statusOf)}::text[]) AS made(id, recipient, status)
    ), day AS (
      INSERT INTO "ShareDay" ("accountId", day, used) VALUES (${ownerId}, ${day}::date, ${made.length})
      ON CONFLICT ("accountId", day) DO UPDATE SET used = "ShareDay".used + excluded.used
    ), answer AS (${insertAnswer(before ? ctx : { ...ctx, idempotencyKey: undefined }, [...(before ?? []), ...answer])})
    ${insertEvents(ctx, events)}`
  return answer
}

/** What the event records of a share that needed a reason. */
function acceptedOf({ policy, check, reason }: ShareCheck) {
  if (policy === 'off' || isCheckedClean(check)) return {}
  return { reason, findings: totalOf(check?.open ?? noFindings), unchecked: uncheckedReason(check) ?? '' }
}
