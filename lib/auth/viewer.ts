import type { AccountKind } from '@/lib/db/generated/enums'
import type { Grant, Rights } from '@/lib/permissions'

declare const ownerBrand: unique symbol

/** The id of the master account whose resources a viewer may access. Branded: a query without it does not compile. */
export type OwnerId = string & { readonly [ownerBrand]: true }

/** The account that makes the request. A sub-account acts for its master, so `ownerId` is the master's. */
export type Viewer = {
  accountId: string
  username: string
  kind: AccountKind
  displayName: string
  ownerId: OwnerId
  ownerUsername: string
  rights: Rights
}

/**
 * The viewer, the time and the address of a request: the first parameter of every read and write. `idempotencyKey`
 * comes from a form that creates something: the same key does the same thing only once.
 */
export type Context = { viewer: Viewer; now: Date; address: string | null; idempotencyKey?: string }

type AccountRow = {
  id: string
  username: string
  kind: AccountKind
  displayName: string
  master: { id: string; username: string } | null
  grants?: readonly Grant[]
}

/** Makes a viewer of an authenticated account. Only sessions, the operator's command line and jobs call it. */
export function mintViewer(account: AccountRow): Viewer {
  const owner = account.master ?? account
  return {
    accountId: account.id,
    username: account.username,
    kind: account.kind,
    displayName: account.displayName,
    // The only cast to OwnerId: the compiler prevents every other way to the brand.
    ownerId: owner.id as OwnerId,
    ownerUsername: owner.username,
    rights: account.kind === 'MASTER' ? 'all' : (account.grants ?? []),
  }
}

/** The operator at the command line. Not an account: it cannot sign in, and it may act for any master account. */
export const operatorId = 'operator'

/** A context for a job that acts on behalf of an account; events say so. */
export function systemContext(owner: { id: string; username: string }, now: Date): Context {
  const account = { id: operatorId, username: 'system', kind: 'MASTER', displayName: 'System' } as const
  return { viewer: mintViewer({ ...account, master: owner }), now, address: null }
}

/** The master account that an account belongs to, by its username `<login>@<master>`: a sub-account's events are that tenant's. */
export function tenantOf(account: { id: string; username: string; masterId: string | null }): {
  id: string
  username: string
} {
  const { id, username, masterId } = account
  return masterId === null ? { id, username } : { id: masterId, username: username.slice(username.indexOf('@') + 1) }
}

/** Whether the acting account or its master is disabled, as read under the locks, never before. */
export function isDisabled(ctx: Context, locked: Map<string, { disabledAt: Date | null }>): boolean {
  if (ctx.viewer.accountId === operatorId) return false
  const [actor, owner] = [locked.get(ctx.viewer.accountId), locked.get(ctx.viewer.ownerId)]
  return !actor || !owner || actor.disabledAt !== null || owner.disabledAt !== null
}
