import { fetchJson } from '@/lib/fetch-json'
import { noteAnswer, pageStatus } from '@/lib/page-status'
import { paths } from '@/lib/paths'

const waitMs = 3_000

/** Loads a part of a page, and retries until it succeeds. After an update it never resolves: the page status bar asks to reload. */
export async function latePart<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load()
    } catch {
      if (!navigator.onLine) noteAnswer({ code: 'OFFLINE' })
      else await fetchJson(paths.api.pageStatus()).catch(() => null)
      // The old build's file is gone; only a reload helps.
      if (pageStatus()?.code === 'NEW_BUILD') return await new Promise<T>(() => {})
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
}

/** Whether an error means that a script of this page could not be loaded. */
export function isPartMissing(error: Error): boolean {
  return error.name === 'ChunkLoadError' || /load(ing)? chunk/i.test(error.message)
}
