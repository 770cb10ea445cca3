import { createHash } from 'node:crypto'

/** Unicast, and administered locally: no manufacturer has such an address. */
const first = '02'

/** The MAC address of a machine: the same for its whole life, also after a rebuild, and in practice no other machine's. */
export function macOf(id: string): string {
  const digits = createHash('sha256').update(`ecs-mac ${id}`).digest('hex').slice(0, 10)
  return [first, ...(digits.match(/../g) ?? [])].join(':')
}
