import 'server-only'
import { blobKey } from '@/lib/blobs/rules'
import { findCopySource } from '@/lib/copies/reads'
import { parseDiskLayout } from '@/lib/disks/layout'
import { ok, type Result, refuse } from '@/lib/result'
import { expectSha256 } from '@/lib/stores/checksum'
import { type PutOptions, type Store, storeOf } from '@/lib/stores/store'
import type { Transfer } from '@/lib/transfers/reads'
import type { SourceBytes } from './source'

/** The bytes of a copy: those of its source, hashed on their way. */
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
      const bytes = await storeOf(regionId).read(blobKey(blob))
      const checked = expectSha256(sha256)
      bytes.on('error', (error) => checked.destroy(error))
      checked.on('close', () => bytes.destroy())
      await target.put(key, bytes.pipe(checked), options)
    },
  })
}
