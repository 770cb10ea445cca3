import 'server-only'
import { env } from '@/lib/env'
import { log } from '@/lib/log'
import { findReader, type Reader } from '@/lib/machines/reader'
import { readerSettings } from '@/lib/machines/settings'

/** How the machine is started that reads and cleans what nothing else here can. Null where there is none, which the log explains. */
export async function findReadingMachine(): Promise<Reader | null> {
  if (env().ECS_CHECK_MACHINE === 'off') return null
  const found = await findReader(readerSettings())
  if (!('missing' in found)) return found
  log.warn({ missing: found.missing }, 'A disk with XFS, Btrfs or the like cannot be checked or cleaned here.')
  return null
}
