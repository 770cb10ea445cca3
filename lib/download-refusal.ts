import { pageHeaders } from '@/lib/page-identity'
import { isPageStatus, noteAnswer, type PageStatus } from '@/lib/page-status'
import type { Fault, Refusal } from '@/lib/result'

export type DownloadRefusal =
  | PageStatus
  | Extract<Refusal, { code: 'IMAGE_NOT_FOUND' | 'NOT_PERMITTED' }>
  | { code: 'STORE_UNREACHABLE'; region: string; reference: string }
  | Fault

/** Why a download cannot begin, or null: the browser would only report a failure. The server reuses the verification. */
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
