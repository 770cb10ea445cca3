import type { Refusal } from '@/lib/result'

/** The build that this code belongs to. `next build` writes it into the code of server and browser. */
export const build = process.env.ECS_BUILD ?? 'none'

/** The account and build that a page was rendered for, and its form's idempotency key. Programs send none. */
export type PageIdentity = { account?: string | undefined; build?: string | undefined; key?: string | undefined }

/** The hidden fields of a form, and the headers of a read, that identify the page. */
export const identityFields = { account: '_account', build: '_build', key: '_key', next: '_next' } as const
export const identityHeaders = { account: 'x-page-account', build: 'x-page-build', key: 'x-page-key' } as const

/** NEW_BUILD if another build rendered the page, SIGNED_OUT without a session, OTHER_ACCOUNT for another's. */
export function refusePage(page: PageIdentity, viewer: { accountId: string; username: string } | null): Refusal | null {
  if (page.build !== undefined && page.build !== build) return { code: 'NEW_BUILD' }
  if (!viewer) return { code: 'SIGNED_OUT' }
  if (page.account === undefined || page.account === viewer.accountId) return null
  return { code: 'OTHER_ACCOUNT', username: viewer.username }
}

/** The identity of the page that sent a read. */
export function identityOfHeaders(headers: Headers): PageIdentity {
  const said = (name: string) => headers.get(name)?.slice(0, 128) || undefined
  return { account: said(identityHeaders.account), build: said(identityHeaders.build), key: said(identityHeaders.key) }
}

/** Set on every answer to a read: '1' in read-only mode, so that open pages learn of its begin and end. */
export const readOnlyHeader = 'x-read-only'

/** The refusal of a request whose answer has no body, as encoded JSON. */
export const refusalHeader = 'x-refusal'

let pageAccount: string | undefined

/** Records the account that the document was rendered for. For the browser only: a server renders for many. */
export function setPageAccount(account: string): void {
  pageAccount = account
}

/** The identity of the page that runs in this browser. */
export function pageIdentity(): PageIdentity {
  return { account: pageAccount, build }
}

/** The page's identity as headers. */
export function pageHeaders(): Record<string, string> {
  return { ...(pageAccount ? { [identityHeaders.account]: pageAccount } : {}), [identityHeaders.build]: build }
}

/** An idempotency key for a form that creates something. */
export function newKey(): string {
  // crypto.randomUUID is missing over plain http.
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('')
}
