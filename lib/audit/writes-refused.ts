import 'server-only'
import { type Context, mintViewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { type EventFacts, recordEvents } from '@/lib/events/writes'
import { log } from '@/lib/log'
import { requestPatienceMs, within } from '@/lib/patience'
import { ok, type Refusal } from '@/lib/result'
import { hourOf, isRecordedRefusal } from './rules'

/** A refused attempt: the operation with the refusal's code and the requested image, or a sign-in. */
type Tried = { operation: string; code: string; imageId?: string | null }

const signIn = 'signIn'
const foldedAtOnce = 200

/** The attempt of a refused operation. The image is as requested: it may be another tenant's, or not exist. */
export function triedOf(operation: string, refusal: Refusal, input: unknown): Tried {
  // For several images, the refusal of the one that failed.
  const { code } = refusal.code === 'SELECTED_REFUSED' ? refusal.why : refusal
  const asked: object = typeof input === 'object' && input !== null ? input : {}
  // The first of several images represents them.
  const imageId =
    'imageId' in asked ? asked.imageId : 'imageIds' in asked && Array.isArray(asked.imageIds) ? asked.imageIds[0] : null
  return { operation, code, imageId: typeof imageId === 'string' ? imageId : null }
}

/**
 * Records a refusal of an account if the audit trail has its kind: the first in an hour at once, the others as a number when the
 * hour is over, so that nobody can fill the trail with attempts. Nothing else depends on it: a fault is logged and not
 * thrown.
 */
export async function noteRefusal(ctx: Context, tried: Tried): Promise<void> {
  if (!isRecordedRefusal(tried.code)) return
  // The refusal does not wait for the chain's lock.
  await within(requestPatienceMs, note(ctx, tried)).catch(() => {})
}

/** Records a refused sign-in of an existing account: wrong password, or disabled. */
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
 * Records how often each thing was refused in past hours, if more than once, and deletes the counts. At most 200 at a
 * time; the next sweep continues.
 */
export async function foldRefusals(now: Date): Promise<void> {
  const ended = await db().refusedTry.findMany({ where: { hour: { lt: hourOf(now) } }, take: foldedAtOnce })
  for (const { actorId, kind, hour } of ended) await fold({ actorId, kind, hour }, now)
}

async function fold(which: { actorId: string; kind: string; hour: Date }, now: Date): Promise<void> {
  const actor = await findActor({ id: which.actorId })
  await inTransaction(async (tx) => {
    // If two workers run this, only one finds the row.
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
