/** A read route said no, or could not be reached (status 0). */
export class ReadError extends Error {
  constructor(
    readonly status: number,
    readonly reference: string | null,
  ) {
    super(`The read was answered with ${status}.`)
  }
}

/** Fetches one of our read routes. A session that has ended leads to the sign-in page and back here. */
export async function fetchJson<T>(url: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(url, { signal, headers: { Accept: 'application/json' } }).catch(() => {
    throw new ReadError(0, null)
  })
  if (response.status === 401) {
    const here = `${window.location.pathname}${window.location.search}`
    window.location.assign(`/sign-in?next=${encodeURIComponent(here)}`)
  }
  const body = await response.json().catch(() => null)
  if (!response.ok) throw new ReadError(response.status, body?.refusal?.reference ?? null)
  return body
}
