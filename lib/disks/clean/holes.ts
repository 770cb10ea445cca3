import { z } from 'zod'
import type { Blocks } from '../guest/blocks'
import type { CleanTools } from './tools'

export type SkipHole = Blocks['skipHole']

const map = z.array(z.object({ start: z.number(), length: z.number(), zero: z.boolean() }))

/** The pieces of a disk that may hold anything but zeros, in their order. */
export type Filled = readonly { start: number; length: number }[]

/** Where an unpacked disk is filled, as its file is now: all of it where the holes cannot be told. */
export async function filledOf(
  disk: string,
  { tools, signal }: { tools: CleanTools; signal: AbortSignal },
): Promise<Filled> {
  const args = ['map', '-f', 'raw', '--output=json', disk]
  const { code, stdout, isCut } = await tools.run('qemu-img', args, { signal, fileBytes: 0 })
  if (code !== 0 || isCut) return [{ start: 0, length: Number.POSITIVE_INFINITY }]
  return map.parse(JSON.parse(stdout)).filter(({ zero }) => !zero)
}

/**
 * Answers the first place from another on where a disk may hold anything but zeros. The original does not know what has been
 * written to the copy since, so the pieces are those of the copy.
 */
export function skipHolesOf(filled: Filled): SkipHole {
  return (offset) => {
    let [low, high] = [0, filled.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const { start, length } = filled[middle] ?? { start: 0, length: 0 }
      if (start + length > offset) high = middle
      else low = middle + 1
    }
    return Math.max(offset, filled[low]?.start ?? Number.POSITIVE_INFINITY)
  }
}
