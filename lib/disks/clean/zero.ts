import type { FileHandle } from 'node:fs/promises'
import type { Range } from '../check/clear-bits'
import type { SkipHole } from './holes'

const pieceBytes = 1024 ** 2

export type ZeroOptions = {
  /** The disk to write to. */
  file: FileHandle
  /** Finds the next offset that may hold data. */
  skipHole: SkipHole
  /** Added to offsets of the ranges to get offsets of the disk. */
  base: number
  signal?: AbortSignal
}

/** Writes zeros to ranges of a disk, only where they hold other bytes. */
export async function zeroRanges(
  ranges: Iterable<Range>,
  { file, skipHole, base, signal }: ZeroOptions,
): Promise<void> {
  const buffer = Buffer.alloc(pieceBytes)
  const zeros = Buffer.alloc(pieceBytes)
  for (const { start, end } of ranges) {
    for (let at = skipHole(base + start); at < base + end; at = skipHole(at + pieceBytes)) {
      signal?.throwIfAborted()
      const length = Math.min(pieceBytes, base + end - at)
      await file.read(buffer, 0, length, at)
      if (!buffer.subarray(0, length).equals(zeros.subarray(0, length))) await file.write(zeros, 0, length, at)
    }
  }
}
