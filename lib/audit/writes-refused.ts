import 'server-only'
import { type Context, mintViewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { type EventFacts, recordEvents } from '@/lib/events/writes'
import { log } from '@/lib/log'
import { requestPatienceMs, within } from '@/lib/patience'
import { ok, type Refusal } from '@/lib/result'
import { hourOf, isRecordedRefusal } from './rules'

/** What was refused: an operation with the code of its refusal, and the image that it named; or a sign-in. */
type Tried = { operation: string; code: string; imageId?: string | null }

const signIn = 'signIn'
const foldedAtOnce = 200

/** What an operation was refused. The image is as it was asked for: it may be another's, or none. */
export function triedOf(operation: string, refusal: Refusal, input: unknown): Tried {
  // Of several images, one was refused for this.
  const { code } = refusal.code === 'SELECTED_REFUSED' ? refusal.why : refusal
  const asked: object = typeof input === 'object' && input !== null ? input : {}
  // The first of several stands for all.
  const imageId =
    'imageId' in asked ? asked.imageId : 'imageIds' in asked && Array.isArray(asked.imageIds) ? asked.imageIds[0] : null
  return { operation, code, imageId: typeof imageId === 'string' ? imageId : null }
}

/**
 * Records that an account was refused something, if that is a refusal which the audit trail has: the first of an hour at once, the
 * others by their number when the hour is over. So nobody can fill the trail with tries. Nothing else depends on it: a
 * fault is logged and not thrown.
 */
export async function noteRefusal(ctx: Context, tried: Tried): Promise<void> {
  if (!isRecordedRefusal(tried.code)) return
  // The refusal does not wait until the trail is free.
  await within(requestPatienceMs, note(ctx, tried)).catch(() => {})
}

/** Records a sign-in to an account that exists, which was refused: the password was wrong, or the account is disabled. */
export async function noteRefusedSignIn(username: string, at: { now: Date; address: string | null }): Promise<void> {
  const account = await findActor({ username }).catch(() => null)
  if (account) await note({ ...at, viewer: mintViewer(account) }, { operation: signIn, code: 'REFUSED' })
}

async function note(ctx: Context, tried: Tried): Promise<void> {
  try {
    const noted = await inTransaction(async (tx) => {
      if ((await count(tx, ctx, tried)) === 1) await recordEvents(tx, ctx, [eventOf(tried, {})])
      return ok(null)
    })
    if (!noted.ok) log.warn(tried, 'A refused try could not be recorded: the database was busy.')
  } catch (error) {
    log.warn({ err: error, ...tried }, 'A refused try could not be recorded.')
  }
}

async function count(tx: Transaction, { viewer, now, address }: Context, tried: Tried): Promise<number> {
  const [row] = await tx.$queryRaw<{ count: number }[]>`
    INSERT INTO "RefusedTry" ("actorId", kind, hour, count, "lastAt", address)
    VALUES (${viewer.accountId}, ${kindOf(tried)}, ${hourOf(now)}::timestamptz, 1, ${now}::timestamptz, ${address})
    ON CONFLICT ("actorId", kind, hour) DO UPDATE SET count = "RefusedTry".count + 1,
      "lastAt" = greatest("RefusedTry"."lastAt", excluded."lastAt"), address = excluded.address
    RETURNING count`
  return row?.count ?? 0
}

function kindOf({ operation, code }: Tried): string {
  return `${operation} ${code}`
}

function eventOf({ operation, code, imageId }: Tried, counted: { count?: number; until?: string }): EventFacts {
  if (operation === signIn) return { action: 'session.refuse', details: counted }
  return { action: 'operation.refuse', details: { operation, code, ...(imageId && { image: imageId }), ...counted } }
}

/**
 * Records how often each thing was refused in hours that are over, where that was more than once, and forgets the counts. At most
 * 200 of them: the next sweep takes the next.
 */
export async function foldRefusals(now: Date): Promise<void> {
  const ended = await db().refusedTry.findMany({ where: { hour: { lt: hourOf(now) } }, take: foldedAtOnce })
  for (const { actorId, kind, hour } of ended) await fold({ actorId, kind, hour }, now)
}

async function fold(which: { actorId: string; kind: string; hour: Date }, now: Date): Promise<void> {
  const actor = await findActor({ id: which.actorId })
  await inTransaction(async (tx) => {
    // Of two workers, one finds the row.
    const [row] = await tx.$queryRaw<{ count: number; lastAt: Date; address: string | null }[]>`
      DELETE FROM "RefusedTry" WHERE "actorId" = ${which.actorId} AND kind = ${which.kind}
        AND hour = ${which.hour}::timestamptz RETURNING count, "lastAt", address`
    if (!row || row.count < 2 || !actor) return ok(null)
    const [operation = '', code = ''] = which.kind.split(' ')
    const counted = { count: row.count, until: row.lastAt.toISOString() }
    const ctx = { viewer: mintViewer(actor), now, address: row.address }
    await recordEvents(tx, ctx, [eventOf({ operation, code }, counted)])
    return ok(null)
  })
}

async function findActor(which: { id: string } | { username: string }) {
  return await db().account.findUnique({
    where: 'id' in which ? { id: which.id } : { username: which.username },
    select: {
      id: true,
      username: true,
      kind: true,
      displayName: true,
      master: { select: { id: true, username: true } },
    },
  })
}
