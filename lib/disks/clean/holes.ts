import { z } from 'zod'
import type { Blocks } from '../guest/blocks'
import type { CleanTools } from './tools'

export type SkipHole = Blocks['skipHole']

const map = z.array(z.object({ start: z.number(), length: z.number(), zero: z.boolean() }))

/**
 * Answers the first place from another on where an unpacked disk may hold anything but zeros, as its file is now: the original
 * does not know what has been written to the copy since. Every place where the holes cannot be told.
 */
export async function holesOf(
  disk: string,
  { tools, signal }: { tools: CleanTools; signal: AbortSignal },
): Promise<SkipHole> {
  const args = ['map', '-f', 'raw', '--output=json', disk]
  const { code, stdout, isCut } = await tools.run('qemu-img', args, { signal, fileBytes: 0 })
  if (code !== 0 || isCut) return (offset) => offset
  const filled = map.parse(JSON.parse(stdout)).filter(({ zero }) => !zero)
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
