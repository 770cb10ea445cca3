import 'server-only'
import { env } from '@/lib/env'
import { log } from '@/lib/log'
import { findReader, type Reader } from '@/lib/machines/reader'
import { readerSettings } from '@/lib/machines/settings'

/**
 * The command of the machine that reads and cleans file systems which 7-Zip and e2fsprogs cannot. Null if there is none; the log says
 * why.
 */
export async function findReadingMachine(): Promise<Reader | null> {
  if (env().ECS_CHECK_MACHINE === 'off') return null
  const found = await findReader(readerSettings())
  if (!('missing' in found)) return found
  log.warn({ missing: found.missing }, 'A disk with XFS, Btrfs or the like cannot be checked or cleaned here.')
  return null
}
