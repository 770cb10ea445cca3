import { writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { openFileBlocks, partOf, type WritableBlocks } from '../guest/blocks'
import type { Slot } from '../guest/slot'
import type { SkipHole } from './holes'
import { zeroRanges } from './zero'

/** `skipHole` covers the whole disk as it is when opened. */
export type WritableOptions = { slot: Pick<Slot, 'start' | 'size'>; skipHole: SkipHole }
/** `isWritten`: whether anything was written or zeroed since opening. */
export type Writable = WritableBlocks & { isWritten(): boolean; close(): Promise<void> }

const pieceBytes = 1024 ** 2

/** A partition of an unpacked disk for reading and writing. Zeroing a hole leaves it a hole. */
export async function openWritable(raw: string, { slot, skipHole }: WritableOptions): Promise<Writable> {
  const file = await open(raw, 'r+')
  const disk = openFileBlocks(raw)
  const written = new Set<number>()
  let isWritten = false
  const pieceOf = (at: number) => Math.floor(at / pieceBytes)
  /** The initial holes except those written to since. It looks no further than `end`, since a hole may span the disk. */
  const skipTo = (end: number) => (offset: number) => {
    const next = Math.min(end, skipHole(offset))
    for (let piece = pieceOf(offset); piece * pieceBytes < next; piece += 1)
      if (written.has(piece)) return Math.max(offset, piece * pieceBytes)
    return Math.max(offset, next)
  }
  return {
    ...partOf(disk, slot.start, slot.size),
    write: (bytes, offset) => {
      isWritten = true
      const at = slot.start + offset
      for (let piece = pieceOf(at); piece * pieceBytes < at + bytes.length; piece += 1) written.add(piece)
      for (let done = 0; done < bytes.length; ) done += writeSync(file.fd, bytes, done, bytes.length - done, at + done)
    },
    zero: async (offset, length) => {
      isWritten = true
      const range = { start: offset, end: offset + length }
      await zeroRanges([range], { file, skipHole: skipTo(slot.start + range.end), base: slot.start })
    },
    isWritten: () => isWritten,
    close: async () => {
      disk.close()
      await file.close()
    },
  }
}
