import 'server-only'
import { hashPassword } from '@/lib/auth/password'
import { type Context, isDisabled, tenantOf } from '@/lib/auth/viewer'
import { isUniqueViolation } from '@/lib/db/errors'
import { lockAccounts } from '@/lib/db/locks'
import { once } from '@/lib/db/once'
import { actingAccounts } from '@/lib/db/own-image'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import type { Grant } from '@/lib/permissions'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { checkPassword, forgetFailures } from '@/lib/sessions/writes'
import { refuseSubAccount } from './rules'
import { type AccountName, accountName, type ChangePasswordInput } from './schema'
import { attachPolicies, onAccount } from './writes-policies'

/**
 * Changes the viewer's own password and ends its other sessions. Refuses a wrong current password, and slows down repeated wrong ones
 * as sign-in does: somebody who found an open session must not be able to guess its password.
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
  grants: readonly Grant[]
}

/**
 * Creates an account. Refuses USERNAME_TAKEN, and more sub-accounts than `subAccountsMax`, counted under the master's
 * lock.
 */
export async function createAccount(
  ctx: Context,
  account: NewAccount,
): Promise<Result<AccountName, RefusalOf<'SIGNED_OUT' | 'USERNAME_TAKEN' | 'SUB_ACCOUNTS_FULL' | 'BUSY'>>> {
  const id = newId('acc')
  const { grants, ...row } = account
  const { masterId, username } = row
  const kind = masterId === null ? 'MASTER' : 'SUB'
  try {
    return await inTransaction(async (tx) => {
      const locked = await lockAccounts(tx, [...actingAccounts(ctx), ...(masterId === null ? [] : [masterId])])
      if (isDisabled(ctx, locked)) return refuse({ code: 'SIGNED_OUT' })
      return await once<AccountName, RefusalOf<'SUB_ACCOUNTS_FULL'>>(tx, ctx, accountName, async () => {
        const refusal = masterId === null ? null : refuseSubAccount(await tx.account.count({ where: { masterId } }))
        if (refusal) return refuse(refusal)
        await tx.account.create({ data: { ...row, id, kind, createdAt: ctx.now } })
        if (kind === 'SUB') await attachPolicies(id, grants, tx)
        const details = { kind, account: username }
        await recordEvents(tx, ctx, [
          { action: 'account.create', owner: tenantOf({ id, username, masterId }), details },
        ])
        return ok({ id, username })
      })
    })
  } catch (error) {
    if (isUniqueViolation(error)) return refuse({ code: 'USERNAME_TAKEN' })
    throw error
  }
}

export type ManageRefusal = RefusalOf<'SIGNED_OUT' | 'ACCOUNT_NOT_FOUND' | 'BUSY'>

/**
 * Disables an account, which ends its sessions (with a master, its sub-accounts' too), or enables it again. The caller checks
 * the permission.
 */
export async function setDisabled(
  ctx: Context,
  username: string,
  disabled: boolean,
): Promise<Result<AccountName, ManageRefusal>> {
  return await onAccount(ctx, username, async (tx, account) => {
    const { id } = account
    await tx.account.update({ where: { id }, data: { disabledAt: disabled ? ctx.now : null } })
    if (disabled) await tx.session.deleteMany({ where: { account: { OR: [{ id }, { masterId: id }] } } })
    const action = disabled ? 'account.disable' : 'account.enable'
    await recordEvents(tx, ctx, [{ action, owner: tenantOf(account), details: { account: username } }])
    return ok({ id, username })
  })
}

/** Sets the password of another account and ends its sessions. The caller checks the permission. */
export async function setPassword(
  ctx: Context,
  username: string,
  passwordHash: string,
): Promise<Result<AccountName, ManageRefusal>> {
  return await onAccount(ctx, username, async (tx, account) => {
    const { id } = account
    await tx.account.update({ where: { id }, data: { passwordHash } })
    await tx.session.deleteMany({ where: { accountId: id } })
    const details = { account: username }
    await recordEvents(tx, ctx, [{ action: 'account.password', owner: tenantOf(account), details }])
    return ok({ id, username })
  })
}
