import type { Fault, Refusal } from '@/lib/result'

/** Why this page cannot go on as it is: a refusal that is about the page and not about what it asked for. */
export type PageStatus = Extract<Refusal, { code: 'SIGNED_OUT' | 'OTHER_ACCOUNT' | 'NEW_BUILD' | 'OFFLINE' }>

let status: PageStatus | null = null
const listeners = new Set<() => void>()

/** How this page stands with the console; null: well. The bar over the page shows it, and uploads wait for it. */
export function pageStatus(): PageStatus | null {
  return status
}

export function subscribePageStatus(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function isPageStatus(refusal: { code: string } | null): refusal is PageStatus {
  const code = refusal?.code
  return code === 'SIGNED_OUT' || code === 'OTHER_ACCOUNT' || code === 'NEW_BUILD' || code === 'OFFLINE'
}

let isConsoleReadOnly = false

/** Whether the console takes nothing that takes space: it is said in the same bar, and uploads wait for its end, too. */
export function isReadOnly(): boolean {
  return isConsoleReadOnly
}

export function noteReadOnly(isNow: boolean): void {
  if (isNow === isConsoleReadOnly) return
  isConsoleReadOnly = isNow
  for (const listener of listeners) listener()
}

let timesOffline = 0

/** What a question takes along to `noteAnswer`, so that an answer from before the network went does not say that it is back. */
export function askedNow(): number {
  return timesOffline
}

/**
 * Takes note of an answer: what was refused, or null for one that was not. Refusals of other kinds change nothing. `asked` is
 * what `askedNow` said when it was asked for.
 */
export function noteAnswer(refusal: Refusal | Fault | null, asked = timesOffline): void {
  if (refusal?.code === 'READ_ONLY') noteReadOnly(true)
  if (refusal && !isPageStatus(refusal)) return
  if (status?.code === 'OFFLINE' && asked < timesOffline) return
  if (refusal?.code === 'OFFLINE' && status?.code !== 'OFFLINE') timesOffline += 1
  if (JSON.stringify(refusal) === JSON.stringify(status)) return
  status = refusal
  for (const listener of listeners) listener()
}
