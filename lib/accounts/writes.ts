import 'server-only'
import { hashPassword } from '@/lib/auth/password'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { isUniqueViolation } from '@/lib/db/errors'
import { lockAccounts } from '@/lib/db/locks'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import type { Grant } from '@/lib/permissions'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { checkPassword, forgetFailures } from '@/lib/sessions/writes'
import type { ChangePasswordInput } from './schema'
import { attachPolicies } from './writes-policies'

/**
 * Changes the viewer's own password and ends its other sessions. Refuses a wrong current password, and makes too many of them
 * wait as a sign-in does: who has found an open session must not find its password by trying.
 */
export async function changePassword(
  ctx: Context & { sessionId: string },
  input: ChangePasswordInput,
): Promise<
  Result<{ sessionsEnded: number }, RefusalOf<'BUSY' | 'PASSWORD_TRIES_USED_UP' | 'PASSWORD_WRONG' | 'SIGNED_OUT'>>
> {
  const { accountId, ownerId, username } = ctx.viewer
  const source = { key: `session ${ctx.sessionId}`, isKnownBrowser: true }
  const checked = await checkPassword(source, { username, password: input.currentPassword }, ctx.now)
  if (checked.status === 'busy') return refuse({ code: 'BUSY' })
  if (checked.status === 'wait') return refuse({ code: 'PASSWORD_TRIES_USED_UP', seconds: checked.seconds })
  if (checked.status === 'refused') return refuse({ code: 'PASSWORD_WRONG' })
  const passwordHash = await hashPassword(input.newPassword)
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, [...new Set([accountId, ownerId])])
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    const changed = await tx.account.updateMany({
      where: { id: accountId, passwordHash: checked.account.passwordHash },
      data: { passwordHash },
    })
    if (changed.count === 0) return refuse({ code: 'PASSWORD_WRONG' })
    await forgetFailures(tx, source, username)
    const ended = await tx.session.deleteMany({ where: { accountId, NOT: { id: ctx.sessionId } } })
    await recordEvents(tx, ctx, [{ action: 'account.password', details: { sessionsEnded: ended.count } }])
    return ok({ sessionsEnded: ended.count })
  })
}

export type NewAccount = {
  username: string
  masterId: string | null
  displayName: string
  email: string
  passwordHash: string
  /** What a sub-account may do; a master account may do everything. */
  grants: readonly Grant[]
}

/** Creates an account, for the command line and the demo data. Refuses a username that is taken. */
export async function createAccount(
  ctx: Context,
  account: NewAccount,
): Promise<Result<{ id: string; username: string }, RefusalOf<'USERNAME_TAKEN' | 'BUSY'>>> {
  const id = newId('acc')
  try {
    return await inTransaction(async (tx) => {
      const kind = account.masterId === null ? 'MASTER' : 'SUB'
      const { grants, ...row } = account
      await tx.account.create({ data: { ...row, id, kind, createdAt: ctx.now } })
      if (kind === 'SUB') await attachPolicies(id, grants, tx)
      await recordEvents(tx, ctx, [
        { action: 'account.create', owner: { id, username: account.username }, details: { kind } },
      ])
      return ok({ id, username: account.username })
    })
  } catch (error) {
    if (isUniqueViolation(error)) return refuse({ code: 'USERNAME_TAKEN' })
    throw error
  }
}

/** Disables an account, which ends its sessions (with a master, its sub-accounts' too), or enables it again. */
export async function setDisabled(
  ctx: Context,
  username: string,
  disabled: boolean,
): Promise<Result<{ username: string }, RefusalOf<'ACCOUNT_NOT_FOUND' | 'BUSY'>>> {
  const account = await db().account.findUnique({ where: { username }, select: { id: true } })
  if (!account) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [account.id])
    await tx.account.update({ where: { id: account.id }, data: { disabledAt: disabled ? ctx.now : null } })
    if (disabled) {
      await tx.session.deleteMany({ where: { account: { OR: [{ id: account.id }, { masterId: account.id }] } } })
    }
    const action = disabled ? 'account.disable' : 'account.enable'
    await recordEvents(tx, ctx, [{ action, owner: { id: account.id, username } }])
    return ok({ username })
  })
}

/** Sets the password of any account, as the operator, and ends its sessions. */
export async function setPassword(
  ctx: Context,
  username: string,
  passwordHash: string,
): Promise<Result<{ username: string }, RefusalOf<'ACCOUNT_NOT_FOUND' | 'BUSY'>>> {
  const account = await db().account.findUnique({ where: { username }, select: { id: true } })
  if (!account) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [account.id])
    await tx.account.update({ where: { id: account.id }, data: { passwordHash } })
    await tx.session.deleteMany({ where: { accountId: account.id } })
    await recordEvents(tx, ctx, [{ action: 'account.password', owner: { id: account.id, username } }])
    return ok({ username })
  })
}
