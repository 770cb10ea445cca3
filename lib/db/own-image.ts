import 'server-only'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { may } from '@/lib/permissions'
import { type RefusalOf, type Result, refuse } from '@/lib/result'
import { type LockedAccount, type LockedImage, lockImages } from './locks'
import { inTransaction, type Transaction } from './transaction'

/** An own image by its id, in the region of the URL (rule 6); `region` null: the operator, who names none. */
export type OwnImage = { imageId: string; region: string | null }

export type Also = { accounts?: string[]; images?: string[] }

export type Locked = { image: LockedImage; images: Map<string, LockedImage>; accounts: Map<string, LockedAccount> }

export type OwnImageRefusal = RefusalOf<'SIGNED_OUT' | 'IMAGE_NOT_FOUND' | 'REGION_MISMATCH' | 'BUSY'>

/** The accounts that every operation locks: the acting one and its master. */
export function actingAccounts({ viewer }: Context): string[] {
  return [...new Set([viewer.ownerId, viewer.accountId])]
}

/**
 * Runs an operation on an own image in one transaction, under the locks of the accounts and the image. Refuses in this
 * order: IMAGE_NOT_FOUND, SIGNED_OUT for a disabled account, REGION_MISMATCH under another region; then as `run` does.
 * Another tenant's image is answered like a missing one and is not locked; an image in a region that the viewer may not see is
 * answered alike. `findAlso` names further rows to lock, and runs before the locks.
 */
export async function onOwnImage<Answer extends Result<unknown>>(
  ctx: Context,
  { imageId, region }: OwnImage,
  run: (tx: Transaction, locked: Locked) => Promise<Answer>,
  findAlso?: (tx: Transaction) => Promise<Also>,
): Promise<Answer | Result<never, OwnImageRefusal>> {
  return await inTransaction(async (tx): Promise<Answer | Result<never, OwnImageRefusal>> => {
    const also = (await findAlso?.(tx)) ?? {}
    const ids = [imageId, ...(also.images ?? [])]
    const who = [...new Set([...actingAccounts(ctx), ...(also.accounts ?? [])])]
    const { accounts, images } = await lockImages(tx, who, { ids, ownerId: ctx.viewer.ownerId })
    const image = images.get(imageId)
    if (!image) return refuse({ code: 'IMAGE_NOT_FOUND' })
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    // The image's region is revealed only to viewers who may see images there.
    if (region !== null && region !== image.regionId && !may(ctx.viewer, 'images.read', image.regionId))
      return refuse({ code: 'IMAGE_NOT_FOUND' })
    if (region !== null && region !== image.regionId)
      return refuse({ code: 'REGION_MISMATCH', imageId, imageRegion: image.regionId, region })
    return await run(tx, { image, images, accounts })
  })
}
