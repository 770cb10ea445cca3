import { addAbortSignal, type Readable } from 'node:stream'
import { TooLarge, WrongSize } from './errors'

export type Source = {
  chunks: AsyncGenerator<Buffer, void, void>
  /** The source's own error, or the reason of its abort. Other errors are the store's. */
  failure(): unknown
  end(): void
}

export type SourceOptions = {
  size: { exactly: number } | { atMost: number }
  signal?: AbortSignal | undefined
  onProgress?: ((done: number) => void) | undefined
}

/** Reads a stream that must have exactly the announced length. */
export function readSource(bytes: Readable, options: SourceOptions): Source {
  let failure: unknown
  let isEnded = false
  // Avoids an unhandled error before the first read; the reader gets the error.
  bytes.on('error', () => {})
  if (options.signal) addAbortSignal(options.signal, bytes)
  async function* read() {
    try {
      yield* measured(bytes, options)
    } catch (error) {
      if (!isEnded) failure = error
      throw error
    }
  }
  return {
    chunks: read(),
    failure: () => (options.signal?.aborted ? options.signal.reason : failure),
    end: () => {
      isEnded = true
      bytes.destroy()
    },
  }
}

async function* measured(bytes: Readable, { size, onProgress }: SourceOptions): AsyncGenerator<Buffer, void, void> {
  const most = 'exactly' in size ? size.exactly : size.atMost
  let done = 0
  for await (const chunk of bytes) {
    const arrived = done + chunk.length
    if (arrived > most) throw 'exactly' in size ? new WrongSize(arrived, most) : new TooLarge()
    yield chunk
    done = arrived
    onProgress?.(done)
  }
  if ('exactly' in size && done < most) throw new WrongSize(done, most)
}
