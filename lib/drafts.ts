import type { Typed } from '@/lib/form-data'

// Form input is kept in the tab until the form succeeds: it survives a reload, an update and a new sign-in, and ends
// with the tab. Without storage in the browser nothing is kept.

const prefix = 'ecs-draft '

/** The draft of a form, or null. */
export function readDraft(name: string): Typed | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(prefix + name) ?? 'null')
    return typeof kept === 'object' ? kept : null
  } catch {
    return null
  }
}

/** Stores the draft of a form. */
export function keepDraft(name: string, typed: Typed): void {
  try {
    sessionStorage.setItem(prefix + name, JSON.stringify(typed))
  } catch {
    // Storage is full or forbidden: the page itself still has the input.
  }
}

/** Deletes the draft of a form that has succeeded. */
export function dropDraft(name: string): void {
  try {
    sessionStorage.removeItem(prefix + name)
  } catch {}
}

/** Deletes all drafts of this tab at sign-out. */
export function dropDrafts(): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix)) sessionStorage.removeItem(key)
  } catch {}
}
