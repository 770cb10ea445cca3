import 'server-only'
import { findBlob, isBlobWanted } from '@/lib/blobs/reads'
import { blobKey } from '@/lib/blobs/rules'
import { forgetBlob } from '@/lib/blobs/writes'
import { log } from '@/lib/log'
import type { Store } from '@/lib/stores/contract'
import { storeOf } from '@/lib/stores/store'

/** Removes the bytes of a blob in removal, then its row and the images that wait for it. Can be repeated after a crash. */
export async function removeBlob({ blobId }: { blobId: string }): Promise<void> {
  const blob = await findBlob(blobId)
  if (blob?.state !== 'removing') return
  await storeOf(blob.regionId).delete(blobKey(blob))
  await forgetBlob(blobId)
}

/** Removes bytes just written for a cancelled transfer, whose removal may have run before they were complete. */
export async function removeUnwanted(store: Store, { blobId, key }: { blobId: string; key: string }): Promise<void> {
  try {
    if (!(await isBlobWanted(blobId))) await store.delete(key)
  } catch (error) {
    log.warn({ err: error, key }, 'Whether bytes are needed could not be seen; gc removes them if not.')
  }
}
