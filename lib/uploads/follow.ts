import { fetchJson } from '@/lib/fetch-json'
import { importsAskedMax } from '@/lib/imports/rules'
import type { ImportState } from '@/lib/imports/schema'
import { paths } from '@/lib/paths'

const lookMs = 2_000
/** One question waits so long for its answer, then the next one is asked. */
const answerMs = 10_000

type Following = {
  /** The images whose end is not known. */
  pending: () => string[]
  /** What is known of an image by now; null: it is not there any more. */
  tell: (imageId: string, state: ImportState | null) => void
}

/**
 * Asks what has become of images that have arrived, all in one question every 2 s, until nothing is pending. An answer that
 * does not come is asked for again; the images go on without it.
 */
export async function followImages({ pending, tell }: Following): Promise<void> {
  for (let ids = pending(); ids.length > 0; ids = pending()) {
    const asked = ids.slice(0, importsAskedMax)
    const answer = await fetchJson<{ items: ImportState[] }>(
      paths.api.imports(asked),
      AbortSignal.timeout(answerMs),
    ).catch(() => null)
    for (const id of answer ? asked : []) tell(id, answer?.items.find(({ imageId }) => imageId === id) ?? null)
    await new Promise((resolve) => setTimeout(resolve, lookMs))
  }
}
