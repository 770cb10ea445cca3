import 'server-only'
import type { DiskContent } from '@/lib/blobs/rules'
import { readGuest } from '@/lib/disks/guest'
import type { DiskLayout } from '@/lib/disks/layout'
import { log } from '@/lib/log'
import { ok, type Result } from '@/lib/result'
import { fileSystemOf } from '@/lib/stores/room'
import { stagingPlace } from '@/lib/stores/staging'
import type { Transfer } from '@/lib/transfers/reads'
import { prepareDisk } from './prepare-disk'
import type { SourceBytes, Working } from './source'

export async function importSource(transfer: Transfer, working: Working): Promise<Result<SourceBytes>> {
  const prepared = await prepareDisk(transfer, working)
  if (!prepared.ok) return prepared
  const { file, content, isNormalised } = prepared.value
  return ok({
    content,
    isNormalised,
    layout: () => readLayoutOf(file, content),
    isMoved: async ({ local }) =>
      local !== null && (await fileSystemOf(local)) === (await fileSystemOf(stagingPlace())),
    put: (store, key, options) => store.take(key, file, options),
  })
}

/** The layout is informative only, so an error does not refuse the disk. */
export async function readLayoutOf(file: string, { format }: DiskContent): Promise<DiskLayout | null> {
  if (format !== 'qcow2' && format !== 'raw') return null
  try {
    return await readGuest({ path: file, format })
  } catch (error) {
    log.warn({ err: error }, 'The layout of a disk could not be read.')
    return null
  }
}
