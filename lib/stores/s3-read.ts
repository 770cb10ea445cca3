import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { NotStored, StoreUnreachable } from './errors'
import { isFinal, isReplaced } from './s3-error'

export type Answered = { body: Readable; size: number | undefined; etag: string | undefined }

export type Asks = {
  /** Requests the bytes of the object with this ETag, from an offset of the stream on. */
  rest: (done: number, etag: string, signal: AbortSignal) => Promise<Answered>
  meaning: (error: unknown) => unknown
}

export const readAtOnce = 2 ** 20
const triesMax = 4
const pauseMs = 200
/** This many bytes after a break count as progress and reset the tries. */
const progressMin = 2 ** 20

/** A stream that resumes a broken response on the same object, with pauses, up to four times without 1 MiB of progress. */
export function readOn(first: Answered, asks: Asks): Readable {
  const leaving = new AbortController()
  let open = heard(first)
  async function* chunks() {
    let done = 0
    let doneAtBreak = 0
    for (let tries = 0; ; ) {
      try {
        if (tries > 0) open = await askAgain(tries, done)
        for await (const chunk of open.body) {
          yield chunk
          done += chunk.length
          if (done - doneAtBreak >= progressMin) tries = 0
        }
        if (done >= (first.size ?? 0)) return
        throw Object.assign(new Error(`${done} of ${first.size} bytes arrived.`), { code: 'ECONNRESET' })
      } catch (error) {
        if (leaving.signal.aborted || isAnswered(error) || first.etag === undefined || tries === triesMax)
          throw asks.meaning(error)
        tries += 1
        doneAtBreak = done
      }
    }
  }
  async function askAgain(tries: number, done: number): Promise<Answered> {
    await pause(pauseMs * 2 ** (tries - 1), undefined, { signal: leaving.signal })
    const rest = heard(await asks.rest(done, first.etag ?? '', leaving.signal))
    // The stream was destroyed during the request.
    if (leaving.signal.aborted) rest.body.destroy()
    return rest
  }
  const stream = Readable.from(chunks(), { objectMode: false, highWaterMark: readAtOnce })
  return stream.on('close', () => {
    leaving.abort()
    open.body.destroy()
  })
}

function isAnswered(error: unknown): boolean {
  return isFinal(error) || isReplaced(error) || error instanceof NotStored || error instanceof StoreUnreachable
}

function heard(answered: Answered): Answered {
  answered.body.on('error', () => {})
  return answered
}
