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

// What a master account does with its sub-accounts: the operator's operations, on the sub-accounts of the viewer alone. The
// permission `subAccounts.manage` is asked for by the actions; no policy contains it. Only the operator gives an account an e-mail
// address: the console would write to whomever a tenant names.

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

/** Disables a sub-account: it is signed out at once and cannot sign in. What it has made stays. */
export async function disableSubAccount(
  ctx: Context,
  { accountId }: SubAccountInput,
): Promise<Result<AccountName, ManageRefusal>> {
  return await onOwn(ctx, accountId, async (username) => await setDisabled(ctx, username, true))
}

/** Lets a disabled sub-account sign in again, with the password and policies that it had. */
export async function enableSubAccount(
  ctx: Context,
  { accountId }: SubAccountInput,
): Promise<Result<AccountName, ManageRefusal>> {
  return await onOwn(ctx, accountId, async (username) => await setDisabled(ctx, username, false))
}

/** Gives a sub-account another password, which ends its sessions. */
export async function resetSubAccountPassword(
  ctx: Context,
  { accountId, newPassword }: ResetPasswordInput,
): Promise<Result<AccountName, ManageRefusal>> {
  return await onOwn(ctx, accountId, async (username) => {
    const passwordHash = await hashedInTurn(ctx, newPassword)
    return passwordHash === null ? refuse({ code: 'BUSY' }) : await setPassword(ctx, username, passwordHash)
  })
}

/** Replaces the policies of a sub-account. Its next request is decided by the new ones. */
export async function attachSubAccountPolicies(
  ctx: Context,
  { accountId, grants }: AttachPoliciesInput,
): Promise<Result<AccountName, ManageRefusal | RefusalOf<'REGION_NOT_FOUND'>>> {
  return await onOwn(ctx, accountId, async (username) => await setPolicies(ctx, username, grants))
}

/** The hash of a password, a few at once: the threads that compute it are everybody's. Null: too many wait. */
async function hashedInTurn({ viewer }: Context, password: string): Promise<string | null> {
  try {
    return await hashing.run(viewer.ownerId, async () => await hashPassword(password))
  } catch (error) {
    if (isOverloaded(error)) return null
    throw error
  }
}

/** Other masters' accounts, and a master itself, are answered as missing. A sub-account never changes its master. */
async function onOwn<Answer>(
  { viewer }: Context,
  accountId: string,
  run: (username: string) => Promise<Answer>,
): Promise<Answer | Result<never, RefusalOf<'ACCOUNT_NOT_FOUND'>>> {
  const where = { id: accountId, masterId: viewer.ownerId }
  const account = await db().account.findUnique({ where, select: { username: true } })
  return account ? await run(account.username) : refuse({ code: 'ACCOUNT_NOT_FOUND' })
}
