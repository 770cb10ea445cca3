import { pageHeaders, readOnlyHeader } from '@/lib/page-identity'
import { askedNow, noteAnswer, noteReadOnly } from '@/lib/page-status'

/** A read route refused, or could not be reached (status 0). */
export class ReadError extends Error {
  constructor(
    readonly status: number,
    readonly reference: string | null,
  ) {
    super(`The read was answered with ${status}.`)
  }
}

/**
 * Fetches JSON from a read route. Throws `ReadError`. Refusals about the page itself go to the page status bar: a background
 * read never navigates, because there may be unsaved input.
 */
export async function fetchJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  const headers = { Accept: 'application/json', ...pageHeaders() }
  const asked = askedNow()
  const response = await fetch(url, { signal: signal ?? null, headers }).catch(() => {
    if (!navigator.onLine) noteAnswer({ code: 'OFFLINE' })
    throw new ReadError(0, null)
  })
  const body = await response.json().catch(() => null)
  const readOnly = response.headers.get(readOnlyHeader)
  if (readOnly !== null) noteReadOnly(readOnly === '1')
  if (response.ok || body?.refusal) noteAnswer(body?.refusal ?? null, asked)
  if (!response.ok) throw new ReadError(response.status, body?.refusal?.reference ?? null)
  return body
}
