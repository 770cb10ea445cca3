import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Store } from './contract'
import { StoreFull, StoreUnreachable } from './errors'

/** Writes a few bytes, reads them and removes them. A full store passes, as it can be reached. */
export async function checkByWriting(store: Store): Promise<void> {
  const key = `check-${randomBytes(6).toString('hex')}`
  const bytes = randomBytes(64)
  try {
    await store.put(key, Readable.from([bytes]), { size: bytes.length })
    const read = await buffer(await store.read(key))
    await store.delete(key)
    if (!read.equals(bytes)) throw new StoreUnreachable('The store gives other bytes than were put into it.')
  } catch (error) {
    if (error instanceof StoreFull) return
    if (error instanceof StoreUnreachable) throw error
    throw new StoreUnreachable('The store does not read and write as it should.', { cause: error })
  }
}
