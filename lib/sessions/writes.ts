import 'server-only'
import type { SignInSource } from '@/lib/auth/browser'
import { Gate, isOverloaded } from '@/lib/auth/gate'
import { hashPassword, verifyPassword } from '@/lib/auth/password'
import { type Context, mintViewer, tenantOf } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { lockAccounts } from '@/lib/db/locks'
import { inTransaction, StartOver, type Transaction } from '@/lib/db/transaction'
import { env } from '@/lib/env'
import { recordEvents } from '@/lib/events/writes'
import { requestPatienceMs, within } from '@/lib/patience'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { type Failures, failureWindowMs, isNewPlace, placeKeptMs, placeOf, sessionEnd, signInWait } from './rules'

type Credentials = { username: string; password: string }

/** `wait`: too many failures. `busy`: too many attempts overall; the password was not checked. */
type NotNow = { status: 'wait'; seconds: number } | { status: 'busy'; seconds: number }

export type PasswordAnswer =
  | { status: 'right'; account: { id: string; passwordHash: string; isOutdated: boolean } }
  | { status: 'refused' }
  | NotNow

export type SignInAnswer =
  | { status: 'signed-in'; sessionId: string; accountId: string; expiresAt: Date }
  | { status: 'refused' }
  | NotNow

// Strangers can request this work without limit, so it has its own queue and cannot exhaust database connections or hashing
// threads. A bundle may contain this module twice.
const gateLimits = { running: 2, waiting: 40, perKey: 10, patienceMs: requestPatienceMs }
const kept = globalThis as typeof globalThis & { ecsPasswordGates?: { strangers: Gate; known: Gate } }
kept.ecsPasswordGates ??= { strangers: new Gate(gateLimits), known: new Gate(gateLimits) }
const gates = kept.ecsPasswordGates

let decoyHash: Promise<string> | undefined

/**
 * Checks a password; everything that takes one calls this. Unknown, wrong and disabled give one answer after the same
 * work. Too many failures delay the next attempt, with growing but bounded waits. A failure is recorded before the
 * password is checked and removed on success, so that parallel guesses cannot pass the limit together.
 */
export async function checkPassword(source: SignInSource, typed: Credentials, now: Date): Promise<PasswordAnswer> {
  const gate = source.isKnownBrowser ? gates.known : gates.strangers
  try {
    // If the database does not answer, the caller gets an answer, while the attempt keeps its place in the gate.
    return await new Promise<PasswordAnswer>((resolve, reject) => {
      const work = () => {
        const checking = checkNext(source, typed, now)
        within(requestPatienceMs, checking).then(resolve, reject)
        return checking
      }
      gate.run(typed.username, work).catch(reject)
    })
  } catch (error) {
    if (isOverloaded(error)) return { status: 'busy', seconds: error.seconds }
    throw error
  }
}

async function checkNext(source: SignInSource, typed: Credentials, now: Date): Promise<PasswordAnswer> {
  const attempt = await beginAttempt(source, typed.username, now)
  if (!attempt.ok) return { status: 'busy', seconds: 1 }
  if (attempt.value.wait > 0) return { status: 'wait', seconds: Math.ceil(attempt.value.wait / 1000) }
  const account = await db().account.findUnique({
    where: { username: typed.username },
    select: { id: true, passwordHash: true, disabledAt: true, master: { select: { disabledAt: true } } },
  })
  decoyHash ??= hashPassword(crypto.randomUUID())
  const match = await verifyPassword(account?.passwordHash ?? (await decoyHash), typed.password)
  if (!account || match === 'wrong' || account.disabledAt || account.master?.disabledAt) return { status: 'refused' }
  const { id, passwordHash } = account
  return { status: 'right', account: { id, passwordHash, isOutdated: match === 'right-as-typed' } }
}

/** Removes the failures that `checkPassword` recorded, after a right password. */
export async function forgetFailures(tx: Transaction, source: SignInSource, username: string): Promise<void> {
  await tx.signInFailure.deleteMany({ where: { username, source: source.key } })
}

/** Signs in with a username and a password. `replaced`: the browser's previous session, which ends. */
export async function signIn(
  source: SignInSource,
  typed: Credentials,
  { now, replaced }: { now: Date; replaced: string | null },
): Promise<SignInAnswer> {
  const checked = await checkPassword(source, typed, now)
  if (checked.status !== 'right') return checked
  const { account } = checked
  const session = {
    id: crypto.randomUUID(),
    accountId: account.id,
    createdAt: now,
    expiresAt: sessionEnd(now, now, env().ECS_SESSION_MAX),
  }
  const beginning = inTransaction(async (tx) => {
    if (!(await isStillRight(tx, account))) return ok(false)
    await forgetFailures(tx, source, typed.username)
    if (replaced) await tx.session.deleteMany({ where: { id: replaced } })
    await tx.session.create({ data: session })
    // Under the lock that `isStillRight` has taken.
    await tx.account.update({ where: { id: account.id }, data: { lastSignInAt: now } })
    await notePlace(tx, source, { id: account.id, now })
    return ok(true)
  })
  const begun = await within(requestPatienceMs, beginning)
  if (!begun.ok) return { status: 'busy', seconds: 1 }
  if (!begun.value) return { status: 'refused' }
  if (account.isOutdated) await renewHash(account, typed.password)
  return { status: 'signed-in', sessionId: session.id, accountId: account.id, expiresAt: session.expiresAt }
}

type CheckedAccount = { id: string; passwordHash: string }

/**
 * Whether the account is still enabled with the same password: changing either ends all sessions, so no new one may follow.
 */
async function isStillRight(tx: Transaction, { id, passwordHash }: CheckedAccount): Promise<boolean> {
  const { masterId } = await tx.account.findUniqueOrThrow({ where: { id }, select: { masterId: true } })
  const accounts = await lockAccounts(tx, masterId ? [id, masterId] : [id])
  if ([...accounts.values()].some((locked) => locked.disabledAt !== null)) return false
  const now = await tx.account.findUniqueOrThrow({ where: { id }, select: { passwordHash: true } })
  return now.passwordHash === passwordHash
}

// The new hash accepts the password from any keyboard. A password that was changed meanwhile stays.
async function renewHash({ id, passwordHash }: CheckedAccount, password: string): Promise<void> {
  const renewed = await hashPassword(password)
  await db().account.updateMany({ where: { id, passwordHash }, data: { passwordHash: renewed } })
}

async function beginAttempt(
  source: SignInSource,
  username: string,
  now: Date,
): Promise<Result<{ wait: number }, RefusalOf<'BUSY'>>> {
  const since = new Date(now.getTime() - failureWindowMs)
  return await inTransaction(async (tx) => {
    // One attempt per username at a time; nothing else takes this lock. Not a row lock, because the account may not exist. Try
    // instead of waiting, because a waiting transaction would hold a connection.
    const [lock] = await tx.$queryRaw<{ isOurs: boolean }[]>`
      SELECT pg_try_advisory_xact_lock(hashtext('sign-in'), hashtext(${username})) AS "isOurs"`
    if (!lock?.isOurs) throw new StartOver()
    const rows = await tx.signInFailure.groupBy({
      by: ['source'],
      where: { username, at: { gt: since } },
      _count: true,
      _max: { at: true },
    })
    const all = rows.map((row) => ({ source: row.source, count: row._count, lastAt: row._max.at }))
    const fromSource = all.find((row) => row.source === source.key) ?? { count: 0, lastAt: null }
    const wait = signInWait(now, fromSource, source.isKnownBrowser ? null : total(all))
    if (wait === 0) {
      await tx.signInFailure.create({ data: { id: crypto.randomUUID(), username, source: source.key, at: now } })
    }
    return ok({ wait })
  })
}

function total(failures: Failures[]): Failures {
  const times = failures.flatMap((failure) => (failure.lastAt ? [failure.lastAt.getTime()] : []))
  return {
    count: failures.reduce((sum, failure) => sum + failure.count, 0),
    lastAt: times.length > 0 ? new Date(Math.max(...times)) : null,
  }
}

/** Records the place of a sign-in under the account's lock, so that a new place causes one notice. */
async function notePlace(tx: Transaction, source: SignInSource, { id, now }: { id: string; now: Date }): Promise<void> {
  const address = source.address ?? null
  const place = placeOf(address)
  if (place === null) return
  const [known] = await tx.$queryRaw<{ isKnownPlace: boolean; hasPlaces: boolean }[]>`
    SELECT count(*) > 0 AS "hasPlaces", coalesce(bool_or(place = ${place}), false) AS "isKnownPlace"
    FROM "SignInPlace" WHERE "accountId" = ${id} AND "lastAt" > ${new Date(now.getTime() - placeKeptMs)}`
  if (!known) throw new Error('A statement that counts has one row.')
  await tx.$executeRaw`
    INSERT INTO "SignInPlace" ("accountId", place, "lastAt") VALUES (${id}, ${place}, ${now}::timestamptz)
    ON CONFLICT ("accountId", place) DO UPDATE SET "lastAt" = excluded."lastAt"`
  if (!isNewPlace({ ...known, isKnownBrowser: source.isKnownBrowser })) return
  const { master, ...account } = await tx.account.findUniqueOrThrow({
    where: { id },
    select: {
      id: true,
      username: true,
      kind: true,
      displayName: true,
      master: { select: { id: true, username: true } },
    },
  })
  const ctx = { viewer: mintViewer({ ...account, master }), now, address }
  await recordEvents(tx, ctx, [{ action: 'session.place', details: { place } }])
}

/** Renews a session in use, unless it has ended meanwhile. */
export async function renewSession(sessionId: string, now: Date, expiresAt: Date): Promise<void> {
  await db().session.updateMany({ where: { id: sessionId, expiresAt: { gt: now } }, data: { expiresAt } })
}

/** Ends one session: its browser is signed out at once. */
export async function endSession(sessionId: string): Promise<Result<null, never>> {
  await db().session.deleteMany({ where: { id: sessionId } })
  return ok(null)
}

/** Ends all sessions of an account, as the operator, and returns their number. */
export async function endSessions(
  ctx: Context,
  username: string,
): Promise<Result<{ sessionsEnded: number }, RefusalOf<'ACCOUNT_NOT_FOUND' | 'BUSY'>>> {
  const account = await db().account.findUnique({
    where: { username },
    select: { id: true, username: true, masterId: true },
  })
  if (!account) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    const ended = await tx.session.deleteMany({ where: { accountId: account.id } })
    const details = { account: account.username, sessionsEnded: ended.count }
    await recordEvents(tx, ctx, [{ action: 'session.end', owner: tenantOf(account), details }])
    return ok({ sessionsEnded: ended.count })
  })
}

/** Deletes expired sessions, and failures that no longer count. */
export async function forgetExpiredSessions(now: Date): Promise<void> {
  await db().signInFailure.deleteMany({ where: { at: { lt: new Date(now.getTime() - failureWindowMs) } } })
  await db().session.deleteMany({ where: { expiresAt: { lt: now } } })
  await db().signInPlace.deleteMany({ where: { lastAt: { lt: new Date(now.getTime() - placeKeptMs) } } })
}
