import type { Refusal } from '@/lib/result'

/** The build that this code belongs to. `next build` writes it into the code of the server and of the browser alike. */
export const build = process.env.ECS_BUILD ?? 'none'

/** The account and build that a page was rendered for, and its form's idempotency key. Other clients send none. */
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

/** On every answer to a read: '1' in read-only mode, so that an open page learns its begin and end. */
export const readOnlyHeader = 'x-read-only'

/** The refusal of a request whose answer has no body, as encoded JSON. */
export const refusalHeader = 'x-refusal'

let pageAccount: string | undefined

/** Says once per document for whom the page was made. Only the browser calls it: a server makes pages for many. */
export function setPageAccount(account: string): void {
  pageAccount = account
}

/** The page that runs this code in the browser. */
export function pageIdentity(): PageIdentity {
  return { account: pageAccount, build }
}

/** The same as headers. */
export function pageHeaders(): Record<string, string> {
  return { ...(pageAccount ? { [identityHeaders.account]: pageAccount } : {}), [identityHeaders.build]: build }
}

/** A key for a form that makes something. */
export function newKey(): string {
  // crypto.randomUUID is not there where the console is reached by plain http.
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('')
}
