import type { Fault, Refusal } from '@/lib/result'

/** Why a page cannot continue: a refusal of the page itself, not of its request. */
export type PageStatus = Extract<Refusal, { code: 'SIGNED_OUT' | 'OTHER_ACCOUNT' | 'NEW_BUILD' | 'OFFLINE' }>

let status: PageStatus | null = null
const listeners = new Set<() => void>()

/** The status of this page; null if all is well. The bar above the page shows it, and uploads wait for it. */
export function pageStatus(): PageStatus | null {
  return status
}

/** Calls `listener` after each change of the status, until the returned function is called. */
export function subscribePageStatus(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Whether a refusal concerns the page itself. */
export function isPageStatus(refusal: { code: string } | null): refusal is PageStatus {
  const code = refusal?.code
  return code === 'SIGNED_OUT' || code === 'OTHER_ACCOUNT' || code === 'NEW_BUILD' || code === 'OFFLINE'
}

let isConsoleReadOnly = false

/** Whether the console is read-only; the page status bar shows it, and uploads wait for its end. */
export function isReadOnly(): boolean {
  return isConsoleReadOnly
}

/** Records an answer's read-only header. */
export function noteReadOnly(isNow: boolean): void {
  if (isNow === isConsoleReadOnly) return
  isConsoleReadOnly = isNow
  for (const listener of listeners) listener()
}

let timesOffline = 0

/** A timestamp for `noteAnswer`, so that an answer from before the network broke does not end OFFLINE. */
export function askedNow(): number {
  return timesOffline
}

/** Updates the page status by an answer's refusal or null. `asked` is the `askedNow` of the request. */
export function noteAnswer(refusal: Refusal | Fault | null, asked = timesOffline): void {
  if (refusal?.code === 'READ_ONLY') noteReadOnly(true)
  if (refusal && !isPageStatus(refusal)) return
  if (status?.code === 'OFFLINE' && asked < timesOffline) return
  if (refusal?.code === 'OFFLINE' && status?.code !== 'OFFLINE') timesOffline += 1
  if (JSON.stringify(refusal) === JSON.stringify(status)) return
  status = refusal
  for (const listener of listeners) listener()
}
