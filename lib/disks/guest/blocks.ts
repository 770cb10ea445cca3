import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/**
 * Bytes that are read at once and not in turns: 7-Zip asks for them from the midst of WebAssembly, which cannot wait for a
 * promise. A read past the end gives what there is, and none gives more than `readBytesMax`.
 */
export interface Blocks {
  readonly size: number
  read(offset: number, length: number): Buffer
  /** The same into memory that is there already, and how many bytes it were: an inode table is megabytes at a time. */
  readInto(into: Uint8Array, offset: number): number
  /** The first place from here on that may hold anything but zeros, or the size. Where nothing is known, it is this place. */
  skipHole(offset: number): number
}

/** A disk that may also be written to. Neither writes outside it. */
export interface WritableBlocks extends Blocks {
  write(bytes: Uint8Array, offset: number): void
  zero(offset: number, length: number): Promise<void>
}

/** Twice the largest cluster; no caller needs more at a time. */
const readBytesMax = 4 * 1024 ** 2

/** Thrown by a read where the file does not give the disk's bytes: its tables are broken, or packed in a way unknown here. */
export class UnreadableBlocks extends Error {
  constructor(readonly why: 'damaged' | 'format') {
    super(`The disk's bytes cannot be read: ${why}.`)
  }
}

/**
 * Makes blocks of a function that fills memory from a place. It is only asked for what is inside, and may give less. A
 * `skipHole` that answers a place before the one asked for is not believed: whoever goes on from its answer would never end.
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

/** Opens a file for reading. Its size is the one at this moment. */
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

/** A part of a disk as a disk of its own. What of it lies outside the disk is not there. */
export function partOf(disk: Blocks, start: number, size: number): Blocks {
  const inside = Math.max(0, Math.min(size, disk.size - start))
  return makeBlocks(
    inside,
    (into, offset) => disk.readInto(into, start + offset),
    (offset) => disk.skipHole(start + offset) - start,
  )
}

/** Reads exactly so many bytes. What is not there reads as zeros, so that a mark can be looked for without minding bounds. */
export function readPadded(blocks: Blocks, offset: number, length: number): Buffer {
  const bytes = blocks.read(offset, length)
  if (bytes.length === length) return bytes
  const padded = Buffer.alloc(length)
  bytes.copy(padded)
  return padded
}
