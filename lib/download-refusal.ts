import { pageHeaders } from '@/lib/page-identity'
import { isPageStatus, noteAnswer, type PageStatus } from '@/lib/page-status'
import type { Fault, Refusal } from '@/lib/result'

/** Why bytes are not served. For a store that cannot be reached the log has the reason, under the reference. */
export type DownloadRefusal =
  | PageStatus
  | Extract<Refusal, { code: 'IMAGE_NOT_FOUND' | 'NOT_PERMITTED' }>
  | { code: 'STORE_UNREACHABLE'; region: string; reference: string }
  | Fault

/**
 * Requests the first byte of a download, and returns the reason why it cannot begin, or null. For a refused download a
 * browser would only say that it failed. The verification of the bytes is reused by the download that follows.
 */
export async function findDownloadRefusal(url: string): Promise<DownloadRefusal | null> {
  const headers = { Accept: 'application/json', Range: 'bytes=0-0', ...pageHeaders() }
  const response = await fetch(url, { headers }).catch(() => null)
  if (!response) {
    if (!navigator.onLine) noteAnswer({ code: 'OFFLINE' })
    return { code: 'FAULT', reference: '' }
  }
  if (response.ok) {
    await response.body?.cancel()
    return null
  }
  const body: { refusal?: DownloadRefusal } | null = await response.json().catch(() => null)
  const refusal = body?.refusal ?? { code: 'FAULT' as const, reference: '' }
  if (isPageStatus(refusal)) noteAnswer(refusal)
  return refusal
}
