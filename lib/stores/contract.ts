import type { Readable } from 'node:stream'
import type { Place } from './room'

/**
 * What a store says it has: whole bytes, or the unfinished part of a writer that is at work or has died. `part` tells one
 * part of a key from another, as two writers of a key have one each.
 */
export type StoredObject = { key: string; size: number; modifiedAt: Date } & (
  | { isPartial: false }
  | { isPartial: true; part: string }
)

/** What a store says of a key. The version is another one whenever the bytes may be others. */
export type StoredState = { size: number; modifiedAt: Date; version: string }

export type PutOptions = {
  size: number
  signal?: AbortSignal | undefined
  /** Told how many bytes are written. Throwing stops the writing. */
  onProgress?: ((done: number) => void) | undefined
}

/**
 * Where a region keeps its bytes. Keys are ours, never a tenant's. Whatever cannot be reached throws `StoreUnreachable`, and what
 * refuses a request for good `StoreRefused`.
 * Another kind of store is one more file with this interface, and a line in its test.
 */
export interface Store {
  /**
   * Writes a stream of a known size as the bytes of a key, durably. Whole or not at all; a second put of a key replaces.
   * Throws `StoreFull`; a stream that is shorter or longer than `size` is a `WrongSize`. The stream is ended in any case.
   */
  put(key: string, bytes: Readable, options: PutOptions): Promise<void>
  /**
   * Makes a local file the bytes of a key: moved where file and store lie on one file system, else streamed like `put`
   * and then removed. Durable either way. When it fails the file is still there.
   */
  take(key: string, file: string, options: PutOptions): Promise<void>
  /**
   * Reads a key or a range of it: from `start`, up to but not with `end`. Beyond its end is nothing. Throws `NotStored`. A
   * connection that breaks meanwhile is made again, a few times, so a long read fails only with a store that stays away.
   */
  read(key: string, range?: { start: number; end: number }): Promise<Readable>
  stat(key: string): Promise<StoredState | null>
  /** Removes the key and unfinished parts of it. No error when it is not there. */
  delete(key: string): Promise<void>
  /** Removes the unfinished parts of a key, or this one of them, which writers that died have left. Whole bytes stay. */
  deleteUnfinished(key: string, part?: string): Promise<void>
  /** Everything there is, also what is only partly there. */
  list(): AsyncIterable<StoredObject>
  /** Where it lies on this machine, and shares the room with others; null for a bucket, which has no end. */
  readonly local: Place | null
  /** Throws `StoreFull` where so many bytes more would cut into the reserve; a bucket has none. */
  requireRoom(bytes: number): Promise<void>
  /** Throws `StoreUnreachable`, with the cause, unless the store can be read and written. */
  check(): Promise<void>
}
