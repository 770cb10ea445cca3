import type { FileHandle } from 'node:fs/promises'
import { type Blocks, partOf, readPadded } from '../guest/blocks'
import type { Slot } from '../guest/slot'
import { zeroRanges } from './zero'

const pageSizes = [4096, 8192, 16384, 65536] as const
const mark = 'SWAPSPACE2'
/** Signatures of a hibernated system. On resume it would restore its memory, deleted data included. */
const sleepingMarks: readonly string[] = ['S1SUSPEND', 'S2SUSPEND', 'ULSUSPEND']

type SwapOptions = { slot: Pick<Slot, 'start' | 'size'>; original: Blocks; signal: AbortSignal }

/** Zeroes swap space except for its header page. */
export async function emptySwap(file: FileHandle, { slot, original, signal }: SwapOptions): Promise<void> {
  const head = readPadded(partOf(original, slot.start, slot.size), 0, 65536)
  const textAt = (page: number) => head.toString('latin1', page - 10, page).replace(/\0+$/, '')
  const page = pageSizes.find((size) => textAt(size) === mark || sleepingMarks.includes(textAt(size)))
  if (page === undefined) throw new Error('Swap space has lost the mark that it was found by.')
  if (textAt(page) !== mark) await file.write(mark, slot.start + page - 10, 'latin1')
  const { skipHole } = original
  await zeroRanges([{ start: page, end: slot.size }], { file, skipHole, base: slot.start, signal })
}
