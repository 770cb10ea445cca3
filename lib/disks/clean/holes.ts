import { z } from 'zod'
import type { Blocks } from '../guest/blocks'
import type { CleanTools } from './tools'

export type SkipHole = Blocks['skipHole']

const map = z.array(z.object({ start: z.number(), length: z.number(), zero: z.boolean() }))

/** The ranges of a disk that are not holes, in order. */
export type Filled = readonly { start: number; length: number }[]

/** The current data ranges of an unpacked disk; the whole disk if holes cannot be determined. */
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
 * Returns a function that finds the first offset from another on that may hold data. It uses the copy's ranges, since the original
 * lacks what was written to the copy since.
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
