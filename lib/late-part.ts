import { fetchJson } from '@/lib/fetch-json'
import { noteAnswer, pageStatus } from '@/lib/page-status'
import { paths } from '@/lib/paths'

const waitMs = 3_000

/**
 * Loads a part of a page that is fetched when it is wanted. One that does not come is asked for again until it does, so that
 * the page stays: without a network it comes when that is back. When the console was updated the part is gone for good, and
 * the bar over the page says so.
 */
export async function latePart<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load()
    } catch {
      if (!navigator.onLine) noteAnswer({ code: 'OFFLINE' })
      else await fetchJson(paths.api.pageStatus()).catch(() => null)
      // Only a page that is loaded anew has another build.
      if (pageStatus()?.code === 'NEW_BUILD') return await new Promise<T>(() => {})
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
}

/** Whether an error says that a script of this page could not be loaded. */
export function isPartMissing(error: Error): boolean {
  return error.name === 'ChunkLoadError' || /load(ing)? chunk/i.test(error.message)
}
