import 'server-only'
import { stat } from 'node:fs/promises'
import { isDatabaseFull } from '@/lib/db/errors'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { env } from '@/lib/env'
import { log } from '@/lib/log'
import { gauge } from '@/lib/metrics'

// Rule 26. While the database's disk is nearly full, operations that take space are refused before they begin; the remaining space
// is kept for reading, cancelling and deleting. The seams check this; operations do not.

/** How long the console stays read-only after the database reported a full disk. */
const restMs = 10_000

// A server process may load this module more than once.
const kept = globalThis as typeof globalThis & { ecsDatabaseFullAt?: number }

gauge(
  'ecs_read_only',
  'Whether what takes space is refused, because the disk of the database is nearly full.',
  [],
  async (value) => {
    value.set((await isReadOnly()) ? 1 : 0)
  },
)

/** With the embedded PostgreSQL its ballast file decides for all processes; with any other, each process's own errors do. */
export async function isReadOnly(): Promise<boolean> {
  if (performance.now() - (kept.ecsDatabaseFullAt ?? Number.NEGATIVE_INFINITY) < restMs) return true
  const file = env().ECS_BALLAST_FILE
  if (!file) return false
  return await stat(file).then(
    () => false,
    (error) => isErrnoCode(error, 'ENOENT'),
  )
}

/** Whether an error means that the database's disk is full; the console is then read-only for a while. */
export function isDiskFull(error: unknown): boolean {
  if (!isDatabaseFull(error)) return false
  kept.ecsDatabaseFullAt = performance.now()
  log.error({ err: error }, 'The disk of the database is full. Make room on it.')
  return true
}
