import { vi } from 'vitest'

// How long tests wait is set once, here and in lib/vitest.config.ts, far above what a loaded machine needs: the limit ends a
// hanging test and says nothing about speed. Tests name conditions, and no times.

const patience = { timeout: 120_000, interval: 20 }

/** Retries `look` until it no longer throws, and returns its value. */
export async function until<T>(look: () => T | Promise<T>): Promise<T> {
  return await vi.waitFor(look, patience)
}

/** Retries `look` until its value is truthy, and returns that. */
export async function untilTrue<T>(look: () => T | Promise<T>) {
  return await vi.waitUntil(look, { ...patience, interval: 5 })
}
