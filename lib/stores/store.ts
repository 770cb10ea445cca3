import 'server-only'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { ByteReader } from '@/lib/disks/reader'
import { env } from '@/lib/env'
import { FolderStore } from './folder'

/** Bytes that have arrived but do not count yet: they can be read, kept or thrown away. */
export type Staged = { size: number; sha256: string }

export type ReceiveOptions = {
  /** Most bytes that are taken; one more is refused with `TooLarge`. */
  sizeMax: number
  /** Told after every chunk how many bytes have arrived. Throwing stops the receiving. */
  onProgress: (received: number) => void
}

/**
 * Where a region keeps its bytes. Keys are ours, never a tenant's. A key is staged first and counts only once it is kept;
 * what is discarded or deleted leaves nothing behind. Another kind of store is one more file with this interface.
 */
export interface Store {
  /** Takes a stream as the staged bytes of a key. Refuses with `TooLarge` and `StoreFull`; then nothing is left. */
  receive(key: string, bytes: Readable, options: ReceiveOptions): Promise<Staged>
  /** Reads staged bytes, to inspect them. */
  openStaged(key: string): Promise<ByteReader & { close(): Promise<void> }>
  /** Makes staged bytes the key's bytes, durably. */
  keep(key: string): Promise<void>
  discard(key: string): Promise<void>
  read(key: string): Promise<Readable>
  size(key: string): Promise<number | null>
  delete(key: string): Promise<void>
  /** Everything there is, also what is only staged. */
  list(): Promise<{ key: string; isStaged: boolean }[]>
}

const stores = new Map<string, Store>()

/** The store of a region. In the embedded mode and by default a folder of the data folder. */
export function storeOf(regionId: string): Store {
  const known = stores.get(regionId)
  if (known) return known
  const store = new FolderStore(path.join(env().ECS_DATA_DIR, 'stores', regionId), env().ECS_STORE_RESERVE)
  stores.set(regionId, store)
  return store
}
