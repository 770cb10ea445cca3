import 'server-only'
import { systemContext } from '@/lib/auth/viewer'
import { findLeftBlobs } from '@/lib/blobs/reads'
import { db } from '@/lib/db/client'
import { env } from '@/lib/env'
import { failedKeptMs, imageCan, purgedAt, removalPatienceMs } from '@/lib/images/rules'
import { forgetFailedImages, purgeImage } from '@/lib/images/writes'
import { log } from '@/lib/log'
import { discardStaged, listStaged } from '@/lib/stores/staging'
import { findDeadTransfers } from '@/lib/transfers/reads'
import { reapTransfer } from '@/lib/transfers/writes'
import { removeBlob } from './remove-blob'

/**
 * Repairs what a killed process left: fails imports whose sender is dead or silent, requeues transfers whose worker died, finishes
 * removals, and deletes expired images in the recycle bin and old failed images. Runs at start, before an import and periodically;
 * concurrent runs are safe.
 */
export async function sweepImages(now: Date): Promise<void> {
  for (const { id, owner } of await findDeadTransfers()) await reapTransfer(systemContext(owner, now), id)
  await finishRemovals(now)
  await emptyRecycleBin(now)
  await forgetFailedImages(new Date(now.getTime() - failedKeptMs))
  await discardLeftFiles()
}

/** Repeats removals whose worker was killed: the queue would keep the job locked for four hours. */
async function finishRemovals(now: Date): Promise<void> {
  for (const blobId of await findLeftBlobs(new Date(now.getTime() - removalPatienceMs))) {
    // An unreachable store must not block the removal from others.
    await removeBlob({ blobId }).catch((error) => log.warn({ err: error, blobId }, 'Bytes could not be removed.'))
  }
}

async function emptyRecycleBin(now: Date): Promise<void> {
  const days = env().ECS_RECYCLE_DAYS
  const deletedUntil = new Date(now.getTime() - (purgedAt(now, days).getTime() - now.getTime()))
  const images = await db().image.findMany({
    where: { state: { in: [...imageCan.purge] }, deletedAt: { lte: deletedUntil } },
    select: { id: true, owner: { select: { id: true, username: true } } },
    take: 1_000,
  })
  for (const { id, owner } of images)
    await purgeImage(systemContext(owner, now), { region: null, imageId: id, deletedUntil })
}

/** Files of images unknown to this database are left to `gc`: with a wrong database that would be everybody's uploads. */
async function discardLeftFiles(): Promise<void> {
  const staged = [...new Set((await listStaged()).map((file) => file.imageId))]
  const ended = await db().image.findMany({
    where: { id: { in: staged }, NOT: { state: { in: [...imageCan.cancelImport, ...imageCan.cancelCopy] } } },
    select: { id: true },
  })
  for (const { id } of ended) await discardStaged(id)
}
