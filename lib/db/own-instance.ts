import 'server-only'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { type RefusalOf, type Result, refuse } from '@/lib/result'
import { type LockedImage, type LockedInstance, lockImages, lockInstance } from './locks'
import { actingAccounts } from './own-image'
import { inTransaction, type Transaction } from './transaction'

export type OwnInstance = { instanceId: string; region: string }
export type LockedOwn = { instance: LockedInstance; image: LockedImage | null }
export type OwnInstanceRefusal = RefusalOf<'SIGNED_OUT' | 'INSTANCE_NOT_FOUND' | 'BUSY'>

/**
 * Runs an operation on an own instance in one transaction, under the locks of the accounts, of an image if `findImage`
 * names one, and of the instance. Refuses INSTANCE_NOT_FOUND, also for an instance of another tenant or region and a
 * terminated one, and SIGNED_OUT for a disabled account; then as `run` does.
 */
export async function onOwnInstance<Answer extends Result<unknown>>(
  ctx: Context,
  { instanceId, region }: OwnInstance,
  run: (tx: Transaction, locked: LockedOwn) => Promise<Answer>,
  findImage?: (tx: Transaction) => Promise<string | null>,
): Promise<Answer | Result<never, OwnInstanceRefusal>> {
  return await inTransaction(async (tx): Promise<Answer | Result<never, OwnInstanceRefusal>> => {
    const imageId = (await findImage?.(tx)) ?? null
    const ids = imageId === null ? [] : [imageId]
    const { accounts, images } = await lockImages(tx, actingAccounts(ctx), { ids, ownerId: null })
    // Another tenant's instance is answered without a lock: an instance never changes its owner.
    const isOwn = await tx.instance.count({
      where: { id: instanceId, ownerId: ctx.viewer.ownerId, regionId: region, NOT: { state: 'terminated' } },
    })
    const instance = isOwn === 0 ? null : await lockInstance(tx, instanceId)
    if (!instance || instance.state === 'terminated') return refuse({ code: 'INSTANCE_NOT_FOUND' })
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    return await run(tx, { instance, image: imageId === null ? null : (images.get(imageId) ?? null) })
  })
}
