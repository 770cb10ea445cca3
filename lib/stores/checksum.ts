import { createHash } from 'node:crypto'
import { addAbortSignal, Transform } from 'node:stream'
import type { Store } from './contract'
import { NotStored } from './errors'

/** The bytes from a store differ from those that were written. */
export class ChecksumMismatch extends Error {}

/** The SHA-256 of a stream, in hexadecimal. */
export async function sha256Of(
  bytes: AsyncIterable<Buffer>,
  options: { onProgress?: (done: number) => void; signal?: AbortSignal | null } = {},
): Promise<string> {
  const hash = createHash('sha256')
  let done = 0
  for await (const chunk of bytes) {
    options.signal?.throwIfAborted()
    hash.update(chunk)
    done += chunk.length
    options.onProgress?.(done)
  }
  return hash.digest('hex')
}

/** Passes bytes through, and fails before the end of the stream unless they have this SHA-256. */
export function expectSha256(sha256: string): Transform {
  const hash = createHash('sha256')
  return new Transform({
    highWaterMark: 2 ** 20,
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
    flush(done) {
      done(hash.digest('hex') === sha256 ? null : new ChecksumMismatch())
    },
  })
}

/** Whether a store has exactly these bytes under a key. Reads all of them. */
export async function isIntact(
  store: Store,
  key: string,
  content: { sha256: string; size: number },
  signal: AbortSignal | null = null,
): Promise<boolean> {
  try {
    const found = await store.stat(key)
    if (found?.size !== content.size) return false
    const bytes = await store.read(key)
    // Aborts a hanging read too: the hash checks the signal only between chunks.
    if (signal) addAbortSignal(signal, bytes)
    return (await sha256Of(bytes, { signal })) === content.sha256
  } catch (error) {
    if (error instanceof NotStored) return false
    throw error
  }
}
