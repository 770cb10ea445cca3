import type { Readable } from 'node:stream'
import type { Place } from './room'

/** Complete bytes, or the unfinished part of a writer. `part` distinguishes the parts of several writers. */
export type StoredObject = { key: string; size: number; modifiedAt: Date } & (
  | { isPartial: false }
  | { isPartial: true; part: string }
)

/** The state of a key. The version changes whenever the bytes may have changed. */
export type StoredState = { size: number; modifiedAt: Date; version: string }

export type PutOptions = {
  size: number
  signal?: AbortSignal | undefined
  /** Receives the number of bytes written. Throwing stops the write. */
  onProgress?: ((done: number) => void) | undefined
}

/**
 * Storage of a region's bytes. Keys are generated here, never by a tenant. Throws `StoreUnreachable` if it cannot be reached,
 * `StoreRefused` if it refuses a request permanently. Another kind of store is one more file with this interface, and a line in its
 * test.
 */
export interface Store {
  /**
   * Writes a stream of known size under a key, durably and all or nothing; a second put replaces the first. Throws
   * `StoreFull`, and `WrongSize` for a stream shorter or longer than `size`. The stream is always destroyed.
   */
  put(key: string, bytes: Readable, options: PutOptions): Promise<void>
  /** Stores a local file under a key: moved if possible, else streamed and removed. On failure the file still exists. */
  take(key: string, file: string, options: PutOptions): Promise<void>
  /**
   * Reads a key from `start` up to but excluding `end`. Throws `NotStored`. A broken connection is reopened a few
   * times.
   */
  read(key: string, range?: { start: number; end: number }): Promise<Readable>
  stat(key: string): Promise<StoredState | null>
  /** Removes the key and its unfinished parts. No error if it does not exist. */
  delete(key: string): Promise<void>
  /** Removes the unfinished parts of a key, or only this one, left by writers that died. Complete bytes stay. */
  deleteUnfinished(key: string, part?: string): Promise<void>
  /** All objects, including unfinished parts. */
  list(): AsyncIterable<StoredObject>
  /** Its folder on this host, which shares free space with others; null for a bucket, which has no limit. */
  readonly local: Place | null
  /** Throws `StoreFull` if this many more bytes would cut into the reserve; never for a bucket. */
  requireRoom(bytes: number): Promise<void>
  /** Throws `StoreUnreachable`, with the cause, unless the store can be read and written. */
  check(): Promise<void>
}
