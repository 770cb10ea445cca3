import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/**
 * Synchronous random access to a disk: 7-Zip reads from within WebAssembly, which cannot await a promise. A read past the end returns
 * the bytes that exist; none returns more than `readBytesMax`.
 */
export interface Blocks {
  readonly size: number
  read(offset: number, length: number): Buffer
  /** Reads into existing memory and returns the number of bytes: an inode table is megabytes at a time. */
  readInto(into: Uint8Array, offset: number): number
  /** The first offset from here on that may hold data, or the size. Without knowledge of holes it is `offset`. */
  skipHole(offset: number): number
}

/** A disk that can also be written. No write reaches outside it. */
export interface WritableBlocks extends Blocks {
  write(bytes: Uint8Array, offset: number): void
  zero(offset: number, length: number): Promise<void>
}

/** Twice the largest cluster; no caller reads more at a time. */
const readBytesMax = 4 * 1024 ** 2

/** Thrown by a read if the file does not yield the disk's bytes: its tables are broken, or it is packed in a way unknown here. */
export class UnreadableBlocks extends Error {
  constructor(readonly why: 'damaged' | 'format') {
    super(`The disk's bytes cannot be read: ${why}.`)
  }
}

/**
 * Makes blocks from a function that fills memory from an offset. It is called only with ranges inside the size, and may fill less. A
 * `skipHole` result before its argument is ignored, so that a loop over it always advances.
 */
export function makeBlocks(
  size: number,
  fill: (into: Uint8Array, offset: number) => number,
  skipHole: (offset: number) => number = (offset) => offset,
): Blocks {
  const lengthAt = (offset: number, length: number) =>
    offset >= 0 && offset < size ? Math.min(Math.max(length, 0), size - offset, readBytesMax) : 0
  const readInto = (into: Uint8Array, offset: number) => {
    const length = lengthAt(offset, into.length)
    return length > 0 ? fill(into.subarray(0, length), offset) : 0
  }
  return {
    size,
    readInto,
    skipHole: (offset) => (offset >= 0 && offset < size ? Math.min(size, Math.max(offset, skipHole(offset))) : size),
    read: (offset, length) => {
      const into = Buffer.allocUnsafe(lengthAt(offset, length))
      return into.subarray(0, readInto(into, offset))
    },
  }
}

/** Opens a file for reading. The size is taken now. */
export function openFileBlocks(path: string): Blocks & { close(): void } {
  const file = openSync(path, 'r')
  const fill = (into: Uint8Array, offset: number) => {
    let done = 0
    while (done < into.length) {
      const bytes = readSync(file, into, done, into.length - done, offset + done)
      if (bytes === 0) break
      done += bytes
    }
    return done
  }
  return { ...makeBlocks(fstatSync(file).size, fill), close: () => closeSync(file) }
}

/** Reads from memory. */
export function bufferBlocks(buffer: Buffer): Blocks {
  return makeBlocks(buffer.length, (into, offset) => buffer.copy(into, 0, offset))
}

/** A range of a disk as a disk of its own, cut off at the end of the disk. */
export function partOf(disk: Blocks, start: number, size: number): Blocks {
  const inside = Math.max(0, Math.min(size, disk.size - start))
  return makeBlocks(
    inside,
    (into, offset) => disk.readInto(into, start + offset),
    (offset) => disk.skipHole(start + offset) - start,
  )
}

/** Reads exactly `length` bytes. Missing bytes are zeros, so that a mark can be compared without bounds checks. */
export function readPadded(blocks: Blocks, offset: number, length: number): Buffer {
  const bytes = blocks.read(offset, length)
  if (bytes.length === length) return bytes
  const padded = Buffer.alloc(length)
  bytes.copy(padded)
  return padded
}
