import 'server-only'
import { blobKey } from '@/lib/blobs/rules'
import { findCopySource } from '@/lib/copies/reads'
import { parseDiskLayout } from '@/lib/disks/layout'
import { ok, type Result, refuse } from '@/lib/result'
import type { PutOptions, Store } from '@/lib/stores/contract'
import { copyStored } from '@/lib/stores/copy'
import { storeOf } from '@/lib/stores/store'
import type { Transfer } from '@/lib/transfers/reads'
import type { SourceBytes } from './source'

export async function copySource({ copyOfId }: Transfer): Promise<Result<SourceBytes>> {
  const source = copyOfId === null ? null : await findCopySource(copyOfId)
  if (!source) return refuse({ code: 'COPY_SOURCE_GONE' })
  const { regionId, blob } = source
  const { sha256, format } = blob
  return ok({
    content: { sha256, format, size: Number(blob.size), virtualSize: Number(blob.virtualSize) },
    layout: async () => parseDiskLayout(blob.layout),
    isMoved: async () => false,
    put: async (target: Store, key: string, options: PutOptions) => {
      const from = { store: storeOf(regionId), key: blobKey(blob) }
      await copyStored(from, { store: target, key }, { ...options, sha256 })
    },
  })
}
