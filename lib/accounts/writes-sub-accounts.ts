import 'server-only'
import { Gate, isOverloaded } from '@/lib/auth/gate'
import { hashPassword } from '@/lib/auth/password'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { requestPatienceMs } from '@/lib/patience'
import { type RefusalOf, type Result, refuse } from '@/lib/result'
import type { AccountName } from './schema'
import type {
  AttachPoliciesInput,
  CreateSubAccountInput,
  ResetPasswordInput,
  SubAccountInput,
} from './schema-sub-accounts'
import { createAccount, type ManageRefusal, setDisabled, setPassword } from './writes'
import { refuseUnknownRegions, setPolicies } from './writes-policies'

// A master account's operations on its sub-accounts: those of the operator, limited to the viewer's sub-accounts. The actions
// require the permission `subAccounts.manage`, which no policy contains. Only the operator sets e-mail addresses: otherwise a
// tenant could make the console write to anybody.

const hashing = new Gate({ running: 2, waiting: 20, perKey: 5, patienceMs: requestPatienceMs })

/** Creates `<login>@<master>`. Refuses USERNAME_TAKEN, SUB_ACCOUNTS_FULL and REGION_NOT_FOUND. */
export async function createSubAccount(
  ctx: Context,
  { login, displayName, newPassword, grants }: CreateSubAccountInput,
): Promise<
  Result<AccountName, RefusalOf<'SIGNED_OUT' | 'USERNAME_TAKEN' | 'SUB_ACCOUNTS_FULL' | 'REGION_NOT_FOUND' | 'BUSY'>>
> {
  const unknown = await refuseUnknownRegions(grants)
  if (unknown) return refuse(unknown)
  const username = `${login}@${ctx.viewer.ownerUsername}`
  const passwordHash = await hashedInTurn(ctx, newPassword)
  if (passwordHash === null) return refuse({ code: 'BUSY' })
  const row = { username, masterId: ctx.viewer.ownerId, displayName: displayName || username, email: '' }
  return await createAccount(ctx, { ...row, passwordHash, grants })
}

/** Disables a sub-account: it is signed out at once and cannot sign in. Its resources stay. */
export async function disableSubAccount(
  ctx: Context,
  { accountId }: SubAccountInput,
): Promise<Result<AccountName, ManageRefusal>> {
  return await onOwn(ctx, accountId, async (username) => await setDisabled(ctx, username, true))
}

/** Lets a disabled sub-account sign in again, with its previous password and policies. */
export async function enableSubAccount(
  ctx: Context,
  { accountId }: SubAccountInput,
): Promise<Result<AccountName, ManageRefusal>> {
  return await onOwn(ctx, accountId, async (username) => await setDisabled(ctx, username, false))
}

/** Sets a sub-account's password, which ends its sessions. */
export async function resetSubAccountPassword(
  ctx: Context,
  { accountId, newPassword }: ResetPasswordInput,
): Promise<Result<AccountName, ManageRefusal>> {
  return await onOwn(ctx, accountId, async (username) => {
    const passwordHash = await hashedInTurn(ctx, newPassword)
    return passwordHash === null ? refuse({ code: 'BUSY' }) : await setPassword(ctx, username, passwordHash)
  })
}

/** Replaces the policies of a sub-account. They apply from its next request on. */
export async function attachSubAccountPolicies(
  ctx: Context,
  { accountId, grants }: AttachPoliciesInput,
): Promise<Result<AccountName, ManageRefusal | RefusalOf<'REGION_NOT_FOUND'>>> {
  return await onOwn(ctx, accountId, async (username) => await setPolicies(ctx, username, grants))
}

/** The hash of a password. Few are computed at once, because all share the threads. Null: too many are waiting. */
async function hashedInTurn({ viewer }: Context, password: string): Promise<string | null> {
  try {
    return await hashing.run(viewer.ownerId, async () => await hashPassword(password))
  } catch (error) {
    if (isOverloaded(error)) return null
    throw error
  }
}

/** Other masters' sub-accounts, and master accounts, are answered as missing. A sub-account never changes its master. */
async function onOwn<Answer>(
  { viewer }: Context,
  accountId: string,
  run: (username: string) => Promise<Answer>,
): Promise<Answer | Result<never, RefusalOf<'ACCOUNT_NOT_FOUND'>>> {
  const where = { id: accountId, masterId: viewer.ownerId }
  const account = await db().account.findUnique({ where, select: { username: true } })
  return account ? await run(account.username) : refuse({ code: 'ACCOUNT_NOT_FOUND' })
}
