import type { Fault, Refusal } from '@/lib/result'

/** Why this page cannot go on as it is: a refusal that is about the page and not about what it asked for. */
export type Standing = Extract<Refusal, { code: 'SIGNED_OUT' | 'OTHER_ACCOUNT' | 'NEW_BUILD' | 'OFFLINE' }>

let standing: Standing | null = null
const listeners = new Set<() => void>()

/** How this page stands with the console; null: well. The bar over the page shows it, and uploads wait for it. */
export function pageStanding(): Standing | null {
  return standing
}

export function subscribeStanding(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function isStanding(refusal: { code: string } | null): refusal is Standing {
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
  if (refusal && !isStanding(refusal)) return
  if (standing?.code === 'OFFLINE' && asked < timesOffline) return
  if (refusal?.code === 'OFFLINE' && standing?.code !== 'OFFLINE') timesOffline += 1
  if (JSON.stringify(refusal) === JSON.stringify(standing)) return
  standing = refusal
  for (const listener of listeners) listener()
}
