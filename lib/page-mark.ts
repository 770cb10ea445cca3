import type { Refusal } from '@/lib/result'

/** The build that this code belongs to. `next build` writes it into the code of the server and of the browser alike. */
export const build = process.env.ECS_BUILD ?? 'none'

/**
 * The page that a request comes from: the account it was made for, the build that made it, and, for a form that makes
 * something, the form's own key. A client that is no page of ours names none of them.
 */
export type PageMark = { account?: string | undefined; build?: string | undefined; key?: string | undefined }

/** The hidden fields of a form, and the headers of a read, that carry the mark. */
export const markFields = { account: '_account', build: '_build', key: '_key', next: '_next' } as const
export const markHeaders = { account: 'x-page-account', build: 'x-page-build', key: 'x-page-key' } as const

/**
 * Whether a page may still ask: NEW_BUILD when another build made it, SIGNED_OUT when nobody is signed in, OTHER_ACCOUNT
 * when it was made for another account than the one that is signed in now.
 */
export function refusePage(mark: PageMark, viewer: { accountId: string; username: string } | null): Refusal | null {
  if (mark.build !== undefined && mark.build !== build) return { code: 'NEW_BUILD' }
  if (!viewer) return { code: 'SIGNED_OUT' }
  if (mark.account === undefined || mark.account === viewer.accountId) return null
  return { code: 'OTHER_ACCOUNT', username: viewer.username }
}

export function markOfHeaders(headers: Headers): PageMark {
  const said = (name: string) => headers.get(name)?.slice(0, 128) || undefined
  return { account: said(markHeaders.account), build: said(markHeaders.build), key: said(markHeaders.key) }
}

/** With every answer to a read: '1' while the console is read-only, so that a page that is open learns it, and learns its end. */
export const readOnlyHeader = 'x-read-only'

/** The refusal of a question whose answer has no body, as encoded JSON. */
export const refusalHeader = 'x-refusal'

let pageAccount: string | undefined

/** Says once per document for whom the page was made. Only the browser calls it: a server makes pages for many. */
export function setPageAccount(account: string): void {
  pageAccount = account
}

/** The mark of the page that runs this code in the browser. */
export function pageMark(): PageMark {
  return { account: pageAccount, build }
}

/** The same as headers. */
export function pageHeaders(): Record<string, string> {
  return { ...(pageAccount ? { [markHeaders.account]: pageAccount } : {}), [markHeaders.build]: build }
}

/** A key for a form that makes something. */
export function newKey(): string {
  // crypto.randomUUID is not there where the console is reached by plain http.
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('')
}
