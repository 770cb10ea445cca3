import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { type OwnImageRefusal, onOwnImage } from '@/lib/db/own-image'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { refuseDelete } from './rules'
import type { DeleteImagesInput } from './schema'
import { type Deletion, readDeletion, recipientsOf, recordDeletion, removeImage } from './writes'

/**
 * Deletes several own images of a region as `deleteImage` does, all or none. Shared ones are refused, because they need a typed
 * name (rule 9). One image's refusal is returned with its name as SELECTED_REFUSED; if one is already gone, IMAGE_NOT_FOUND.
 */
export async function deleteImages(
  ctx: Context,
  { region, imageIds }: DeleteImagesInput,
): Promise<Result<{ imageIds: string[] }, OwnImageRefusal | RefusalOf<'SELECTED_REFUSED'>>> {
  const [imageId = '', ...others] = imageIds
  return await onOwnImage(
    ctx,
    { imageId, region },
    async (tx, { images, accounts }) => {
      const here = [...images.values()].filter(({ regionId }) => regionId === region)
      if (here.length < imageIds.length) return refuse({ code: 'IMAGE_NOT_FOUND' })
      const all: Deletion[] = []
      for (const image of here) {
        const deletion = await readDeletion(tx, ctx, { image, accounts })
        const why = refuseDelete({ ...deletion, cancelShares: false, typedName: null })
        if (why) return refuse({ code: 'SELECTED_REFUSED', image: image.name, why })
        all.push(deletion)
      }
      // In lock order: blobs by id, then the audit trail's chain.
      const byBlob = here.toSorted((one, other) => ((one.blobId ?? '') < (other.blobId ?? '') ? -1 : 1))
      for (const image of byBlob) await removeImage(tx, ctx, { image, isForGood: false })
      for (const deletion of all) await recordDeletion(tx, ctx, deletion)
      return ok({ imageIds })
    },
    async (tx) => ({ accounts: await recipientsOf(tx, ctx, imageIds), images: others }),
  )
}
