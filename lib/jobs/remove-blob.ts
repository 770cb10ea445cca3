import 'server-only'
import { findBlob } from '@/lib/blobs/reads'
import { blobKey } from '@/lib/blobs/rules'
import { forgetBlob } from '@/lib/blobs/writes'
import { storeOf } from '@/lib/stores/store'

/** Removes bytes that nobody needs any more, then their row and that of an image which waited for it. Killed in between, it runs again and finds less to do. */
export async function removeBlob({ blobId }: { blobId: string }): Promise<void> {
  const blob = await findBlob(blobId)
  if (blob?.state !== 'removing') return
  await storeOf(blob.regionId).delete(blobKey(blob))
  await forgetBlob(blobId)
}
