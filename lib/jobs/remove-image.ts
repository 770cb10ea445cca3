import 'server-only'
import { forgetImage } from '@/lib/images/writes'
import { storeOf } from '@/lib/stores/store'

/** Removes the bytes of a deleted image, then its row. Killed in between, it runs again and finds less to do. */
export async function removeImage(job: { imageId: string; region: string }): Promise<void> {
  await storeOf(job.region).delete(job.imageId)
  await forgetImage(job.imageId)
}
