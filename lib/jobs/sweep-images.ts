import 'server-only'
import { type Context, mintViewer, operatorId } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { failedKeptMs, leaseMs } from '@/lib/images/rules'
import { failDeadImport, forgetFailedImages } from '@/lib/images/writes'
import { storeOf } from '@/lib/stores/store'
import { removeImage } from './remove-image'

/**
 * Puts right what a killed process left: fails imports whose lease has run out, removes their bytes, gives their quota
 * places back, finishes deletes, and forgets failed images after their week. Runs at start, before an import and on a timer; several at once
 * do no harm.
 */
export async function sweepImages(now: Date): Promise<void> {
  const dead = await db().image.findMany({
    where: { state: 'importing', leaseAt: { lt: new Date(now.getTime() - leaseMs) } },
    select: { id: true, regionId: true, owner: { select: { id: true, username: true } } },
  })
  for (const image of dead) {
    const failed = await failDeadImport(systemContext(image.owner, now), image.id)
    if (failed.ok && failed.value) await storeOf(image.regionId).delete(image.id)
  }
  await finishDeletes(now)
  await removeBytesOfFailedImages()
  await forgetFailedImages(new Date(now.getTime() - failedKeptMs))
}

/** The job of a delete is repeated here when its worker was killed: the queue would hold it locked for four hours. */
async function finishDeletes(now: Date): Promise<void> {
  const stuck = await db().image.findMany({
    where: { state: 'deleting', updatedAt: { lt: new Date(now.getTime() - leaseMs) } },
    select: { id: true, regionId: true },
  })
  for (const image of stuck) await removeImage({ imageId: image.id, region: image.regionId })
}

/**
 * A failed image holds no bytes, whichever way its import died. Bytes with no row at all are left to `verify`: with the
 * wrong database under a data folder they would be everybody's images.
 */
async function removeBytesOfFailedImages(): Promise<void> {
  const failed = await db().image.findMany({
    where: { state: 'failed' },
    select: { id: true, regionId: true },
    take: 1000,
  })
  for (const image of failed) await storeOf(image.regionId).delete(image.id)
}

/** A job acts on behalf of an account and says so in the record. */
export function systemContext(owner: { id: string; username: string }, now: Date): Context {
  const viewer = mintViewer({
    id: operatorId,
    username: 'system',
    kind: 'MASTER',
    displayName: 'System',
    master: owner,
  })
  return { viewer, now, address: null }
}
