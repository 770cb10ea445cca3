import { createHash } from 'node:crypto'

/** First byte of a unicast, locally administered address, which no manufacturer assigns. */
const first = '02'

/** The MAC address of a machine: the same after a rebuild, and with near certainty unique. */
export function macOf(id: string): string {
  const digits = createHash('sha256').update(`ecs-mac ${id}`).digest('hex').slice(0, 10)
  return [first, ...(digits.match(/../g) ?? [])].join(':')
}
