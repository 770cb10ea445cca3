import { db } from '@/lib/db/client'

/** Numbers from 0 to below 1, equal for equal seeds: mulberry32, https://github.com/bryc/code/blob/master/jshash/PRNGs.md */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Waits for some answers of the database: a short time that scales with the machine's speed. */
export async function roundTrips(count: number): Promise<void> {
  for (let trip = 0; trip < count; trip++) await db().$queryRaw`SELECT 1`
}
