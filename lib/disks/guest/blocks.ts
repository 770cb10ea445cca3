import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/**
 * Bytes that are read at once and not in turns: 7-Zip asks for them from the midst of WebAssembly, which cannot wait for a
 * promise. A read past the end gives what there is, and none gives more than `readBytesMax`.
 */
export interface Blocks {
  readonly size: number
  read(offset: number, length: number): Buffer
}

/** Twice the largest cluster; no caller needs more at a time. */
export const readBytesMax = 4 * 1024 ** 2

/** Thrown by a read where the file does not give the disk's bytes: its tables are broken, or packed in a way unknown here. */
export class UnreadableBlocks extends Error {
  constructor(readonly why: 'damaged' | 'format') {
    super(`The disk's bytes cannot be read: ${why}.`)
  }
}

/** Opens a file for reading. Its size is the one at this moment. */
export function openFileBlocks(path: string): Blocks & { close(): void } {
  const file = openSync(path, 'r')
  const { size } = fstatSync(file)
  return {
    size,
    read: (offset, length) => {
      const [start, end] = clamp(offset, length, size)
      const into = Buffer.allocUnsafe(end - start)
      let done = 0
      while (done < into.length) {
        const bytes = readSync(file, into, done, into.length - done, start + done)
        if (bytes === 0) break
        done += bytes
      }
      return into.subarray(0, done)
    },
    close: () => closeSync(file),
  }
}

/** Reads from memory. What it gives shares the buffer's memory. */
export function bufferBlocks(buffer: Buffer): Blocks {
  return {
    size: buffer.length,
    read: (offset, length) => buffer.subarray(...clamp(offset, length, buffer.length)),
  }
}

/** A part of a disk as a disk of its own. What of it lies outside the disk is not there. */
export function partOf(disk: Blocks, start: number, size: number): Blocks {
  const [from, to] = clampPlace(start, size, disk.size)
  return {
    size: to - from,
    read: (offset, length) => {
      const [first, end] = clamp(offset, length, to - from)
      return disk.read(from + first, end - first)
    },
  }
}

/** Reads exactly so many bytes. What is not there reads as zeros, so that a mark can be looked for without minding bounds. */
export function readPadded(blocks: Blocks, offset: number, length: number): Buffer {
  const bytes = blocks.read(offset, length)
  if (bytes.length === length) return bytes
  const padded = Buffer.alloc(length)
  bytes.copy(padded)
  return padded
}

/** Where a read begins and ends inside so many bytes. */
export function clamp(offset: number, length: number, size: number): [start: number, end: number] {
  return clampPlace(offset, Math.min(length, readBytesMax), size)
}

function clampPlace(offset: number, length: number, size: number): [start: number, end: number] {
  const start = Math.min(Math.max(offset, 0), size)
  return [start, Math.min(Math.max(offset + length, start), size)]
}
