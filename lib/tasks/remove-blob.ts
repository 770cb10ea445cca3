import 'server-only'
import { findBlob, isBlobWanted } from '@/lib/blobs/reads'
import { blobKey } from '@/lib/blobs/rules'
import { forgetBlob } from '@/lib/blobs/writes'
import { log } from '@/lib/log'
import type { Store } from '@/lib/stores/contract'
import { storeOf } from '@/lib/stores/store'

/** Removes bytes that nobody needs any more, then their row and that of an image which waited for it. Killed in between, it runs again and finds less to do. */
export async function removeBlob({ blobId }: { blobId: string }): Promise<void> {
  const blob = await findBlob(blobId)
  if (blob?.state !== 'removing') return
  await storeOf(blob.regionId).delete(blobKey(blob))
  await forgetBlob(blobId)
}

/**
 * Removes what has just been written for an import or a copy that was cancelled meanwhile: the job that removes its bytes may
 * have come before they were whole.
 */
export async function removeUnwanted(store: Store, { blobId, key }: { blobId: string; key: string }): Promise<void> {
  try {
    if (!(await isBlobWanted(blobId))) await store.delete(key)
  } catch (error) {
    log.warn({ err: error, key }, 'Whether bytes are needed could not be seen; gc removes them if not.')
  }
}
