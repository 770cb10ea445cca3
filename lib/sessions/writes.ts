import 'server-only'
import { hashPassword, verifyPassword } from '@/lib/auth/password'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { lockAccounts } from '@/lib/db/locks'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok, type Result, refuse } from '@/lib/result'
import { type Failures, failureWindowMs, sessionMs, signInWait } from './rules'

/** Where a sign-in comes from: an address, or a browser that this account has signed in with before. */
export type SignInSource = { key: string; isKnownBrowser: boolean }

export type SignInAnswer =
  | { status: 'signed-in'; sessionId: string; accountId: string; expiresAt: Date }
  | { status: 'refused' }
  | { status: 'wait'; seconds: number }

let decoyHash: Promise<string> | undefined

/**
 * Signs in with a username and a password. Unknown, wrong and disabled are one answer, after the same work. Too many
 * failures make the next try wait; the waits grow and are bounded. A failure is written before the password is looked at
 * and taken back when it was right, so that parallel guesses cannot slip past the limit together.
 */
export async function signIn(
  source: SignInSource,
  credentials: { username: string; password: string },
  now: Date,
): Promise<SignInAnswer> {
  const attempt = await beginAttempt(source, credentials.username, now)
  if (attempt.wait > 0) return { status: 'wait', seconds: Math.ceil(attempt.wait / 1000) }
  const account = await db().account.findUnique({
    where: { username: credentials.username },
    select: { id: true, passwordHash: true, disabledAt: true, master: { select: { disabledAt: true } } },
  })
  decoyHash ??= hashPassword(crypto.randomUUID())
  const isRight = await verifyPassword(account?.passwordHash ?? (await decoyHash), credentials.password)
  if (!account || !isRight || account.disabledAt || account.master?.disabledAt) return { status: 'refused' }
  const session = {
    id: crypto.randomUUID(),
    accountId: account.id,
    createdAt: now,
    expiresAt: new Date(now.getTime() + sessionMs),
  }
  const begun = await beginSession(session, account.passwordHash, {
    username: credentials.username,
    source: source.key,
  })
  if (!begun) return { status: 'refused' }
  return { status: 'signed-in', sessionId: session.id, accountId: account.id, expiresAt: session.expiresAt }
}

type NewSession = { id: string; accountId: string; createdAt: Date; expiresAt: Date }

/** Begins a session unless the account got disabled or another password since: both end all sessions, so none may follow. */
async function beginSession(
  session: NewSession,
  passwordHash: string,
  attempt: { username: string; source: string },
): Promise<boolean> {
  const begun = await inTransaction(async (tx) => {
    const account = await tx.account.findUniqueOrThrow({ where: { id: session.accountId }, select: { masterId: true } })
    const accounts = await lockAccounts(
      tx,
      account.masterId ? [session.accountId, account.masterId] : [session.accountId],
    )
    if ([...accounts.values()].some((locked) => locked.disabledAt !== null)) return ok(false)
    const now = await tx.account.findUniqueOrThrow({ where: { id: session.accountId }, select: { passwordHash: true } })
    if (now.passwordHash !== passwordHash) return ok(false)
    await tx.signInFailure.deleteMany({ where: attempt })
    await tx.session.create({ data: session })
    return ok(true)
  })
  return begun.ok && begun.value
}

async function beginAttempt(source: SignInSource, username: string, now: Date): Promise<{ wait: number }> {
  const since = new Date(now.getTime() - failureWindowMs)
  const result = await inTransaction(async (tx) => {
    // One username at a time; nothing else takes this lock, and the username may be nobody's, so there is no row to lock.
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext('sign-in'), hashtext(${username}))::text`
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
  return result.ok ? result.value : { wait: 1000 }
}

function total(failures: Failures[]): Failures {
  const times = failures.flatMap((failure) => (failure.lastAt ? [failure.lastAt.getTime()] : []))
  return {
    count: failures.reduce((sum, failure) => sum + failure.count, 0),
    lastAt: times.length > 0 ? new Date(Math.max(...times)) : null,
  }
}

/** Ends one session: the browser that held it is signed out at once. */
export async function endSession(sessionId: string): Promise<Result<null>> {
  await db().session.deleteMany({ where: { id: sessionId } })
  return ok(null)
}

/** Ends all sessions of one account, as the operator, and says how many there were. */
export async function endSessions(ctx: Context, username: string): Promise<Result<{ sessionsEnded: number }>> {
  const account = await db().account.findUnique({ where: { username }, select: { id: true, username: true } })
  if (!account) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    const ended = await tx.session.deleteMany({ where: { accountId: account.id } })
    const details = { sessionsEnded: ended.count }
    await recordEvents(tx, ctx, [{ action: 'session.end', owner: account, details }])
    return ok({ sessionsEnded: ended.count })
  })
}

/** Forgets sessions that have ended by themselves, and failures that no longer count. */
export async function forgetExpiredSessions(now: Date): Promise<void> {
  await db().signInFailure.deleteMany({ where: { at: { lt: new Date(now.getTime() - failureWindowMs) } } })
  await db().session.deleteMany({ where: { expiresAt: { lt: now } } })
}
