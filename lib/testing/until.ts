import { vi } from 'vitest'

// How long a test waits is said once, here and in lib/vitest.config.ts, and far above what a loaded machine needs: it ends a
// test that hangs and says nothing about speed. Tests themselves name conditions and no times.

const patience = { timeout: 120_000, interval: 20 }

/** Looks again and again until `look` no longer throws, and returns what it gives then. */
export async function until<T>(look: () => T | Promise<T>): Promise<T> {
  return await vi.waitFor(look, patience)
}

/** Looks again and again until `look` gives something that is true, and returns that. */
export async function untilTrue<T>(look: () => T | Promise<T>) {
  return await vi.waitUntil(look, { ...patience, interval: 5 })
}
