import type { Blocks } from '../guest/blocks'

/** The first page of swap space is its header; this is at least any page size. */
const headerBytes = 64 * 1024

/** Whether swap space has been written to, and so holds memory of a machine. */
export function findSwapContent(part: Blocks): boolean {
  return !isZeroFrom(part, headerBytes)
}

/** Whether all bytes are zero. */
export function isZero(part: Blocks): boolean {
  return isZeroFrom(part, 0)
}

function isZeroFrom(part: Blocks, start: number): boolean {
  const buffer = Buffer.alloc(pieceBytes)
  const zeros = Buffer.alloc(buffer.length)
  for (let at = part.skipHole(start); at < part.size; at = part.skipHole(at + buffer.length)) {
    const length = part.readInto(buffer, at)
    if (!buffer.subarray(0, length).equals(zeros.subarray(0, length))) return false
    if (length === 0) break
  }
  return true
}

const pieceBytes = 1024 ** 2
