import type { Typed } from '@/lib/form-data'

// What is typed into a form is kept in the tab until it is done: it outlives a reload, an update and a new sign-in, and ends
// with the tab. Where the browser allows no storage, nothing is kept.

const prefix = 'ecs-draft '

export function readDraft(name: string): Typed | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(prefix + name) ?? 'null')
    return typeof kept === 'object' ? kept : null
  } catch {
    return null
  }
}

export function keepDraft(name: string, typed: Typed): void {
  try {
    sessionStorage.setItem(prefix + name, JSON.stringify(typed))
  } catch {
    // Full or forbidden: the page itself still has it.
  }
}

export function dropDraft(name: string): void {
  try {
    sessionStorage.removeItem(prefix + name)
  } catch {}
}

/** Forgets all drafts of this tab: who signs out leaves nothing behind. */
export function dropDrafts(): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix)) sessionStorage.removeItem(key)
  } catch {}
}
