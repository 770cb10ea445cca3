import { fetchJson } from '@/lib/fetch-json'
import { importsAskedMax } from '@/lib/imports/rules'
import type { ImportState } from '@/lib/imports/schema'
import { paths } from '@/lib/paths'

const lookMs = 2_000
const answerMs = 10_000

type Following = {
  pending: () => string[]
  tell: (imageId: string, state: ImportState | null) => void
}

/** Polls the states of received images every 2 s until none is pending. A failed request is repeated. */
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
