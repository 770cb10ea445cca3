import 'server-only'
import type { Changes, Listener } from './changes'

/** The queries to refetch after an event of a noun: the first parts of their keys (lib/use-action.ts). */
const queriesOf: Record<string, string[]> = {
  image: ['images', 'imports', 'shares', 'quotas', 'regions', 'checks'],
  finding: ['checks', 'images'],
  share: ['shares', 'images', 'quotas', 'regions', 'ended-shares'],
  instance: ['instances', 'images', 'shares', 'quotas', 'regions'],
  snapshot: ['snapshots', 'quotas'],
  account: ['accounts'],
  quota: ['quotas', 'images'],
  notice: ['notices'],
  all: ['all'],
}

const beatMs = 15_000
/** Changes within this time after an event are sent together, so that a page refetches once. */
const togetherMs = 300
/** A reader that takes nothing for this many beats counts as gone. */
const stuckBeatsMax = 3

type Reader = Pick<Listener, 'ownerId' | 'accountId' | 'sessionId'>

/**
 * The stream of changes of one page as server-sent events: `change` with the queries to refetch, a `beat` every 15 s, and `end`
 * when the session has ended. Null if there are too many. A slow reader gets all changes in one event: only a set of bounded
 * size waits for it. It must be cancelled, or end by itself.
 */
export function openStream(changes: Changes, reader: Reader): ReadableStream<Uint8Array> | null {
  const encoder = new TextEncoder()
  const waiting = new Set<string>()
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null
  let stuckBeats = 0
  const send = (event: string, data: string) =>
    controller?.enqueue(encoder.encode(`event: ${event}\ndata: ${data}\n\n`))
  const isTaking = () => (controller?.desiredSize ?? 0) > 0
  let pause: NodeJS.Timeout | undefined
  const flush = () => {
    if (waiting.size === 0 || pause || !isTaking()) return
    send('change', [...waiting].join(','))
    waiting.clear()
    pause = setTimeout(() => {
      pause = undefined
      flush()
    }, togetherMs)
  }
  const close = () => {
    clearInterval(timer)
    clearTimeout(pause)
    remove?.()
    controller = null
  }
  const end = () => {
    const open = controller
    send('end', '')
    close()
    open?.close()
  }
  const change = (nouns: string[]) => {
    for (const noun of nouns) for (const query of queriesOf[noun] ?? []) waiting.add(query)
    flush()
  }
  const remove = changes.add({ ...reader, change, end })
  if (!remove) return null
  const timer = setInterval(() => {
    stuckBeats = isTaking() ? 0 : stuckBeats + 1
    if (stuckBeats > stuckBeatsMax) end()
    else if (isTaking()) send('beat', '')
  }, beatMs)
  return new ReadableStream<Uint8Array>(
    {
      start: (opened) => {
        controller = opened
        send('beat', '')
      },
      pull: flush,
      cancel: close,
    },
    { highWaterMark: 8 },
  )
}
