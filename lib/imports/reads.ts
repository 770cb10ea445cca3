import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { readFailure } from '@/lib/images/schema'
import type { ImportState, ImportStatesParams, UnfinishedUpload, UnfinishedUploadsParams } from './schema'

/** What still arrives and is held by nobody: an upload. One that somebody holds comes in by the command line. */
const arriving = { kind: 'IMPORT', step: 'RECEIVE', leaseHolder: null } as const

/** Uploads of the viewer's master account in a region that have not arrived whole, the newest first. */
export async function listUnfinishedUploads(
  ctx: Context,
  { region }: UnfinishedUploadsParams,
): Promise<{ items: UnfinishedUpload[] }> {
  const uploads = await db().transfer.findMany({
    where: { ...arriving, image: { ownerId: ctx.viewer.ownerId, regionId: region, originName: { not: null } } },
    include: { image: { select: { name: true, originName: true, operatingSystem: true } } },
    orderBy: { image: { createdAt: 'desc' } },
    take: 50,
  })
  return {
    items: uploads.map(({ imageId, image, ...upload }) => ({
      imageId,
      name: image.name,
      fileName: image.originName ?? '',
      operatingSystem: image.operatingSystem,
      doneBytes: Number(upload.doneBytes),
      totalBytes: Number(upload.totalBytes),
      expiresAt: new Date(upload.renewedAt.getTime() + upload.patienceMs).toISOString(),
    })),
  }
}

/** What has become of images of the viewer's master account; nobody else's and none that is gone is among them. */
export async function listImportStates(ctx: Context, { ids }: ImportStatesParams): Promise<{ items: ImportState[] }> {
  const progress = { select: { kind: true, step: true, doneBytes: true, totalBytes: true } } as const
  const images = await db().image.findMany({
    where: { id: { in: ids }, ownerId: ctx.viewer.ownerId },
    select: { id: true, state: true, failure: true, transfer: progress },
  })
  return {
    items: images.map(({ id, state, failure, transfer }) => ({
      imageId: id,
      state,
      step: transfer?.kind === 'IMPORT' ? transfer.step : null,
      doneBytes: Number(transfer?.doneBytes ?? 0),
      totalBytes: Number(transfer?.totalBytes ?? 0),
      failure: readFailure(failure),
    })),
  }
}

/** An upload of the viewer's master account that is still to receive bytes; null for anybody else's, and once it has ended. */
export async function findUpload(ctx: Context, imageId: string): Promise<{ region: string; size: number } | null> {
  const upload = await db().transfer.findFirst({
    where: { imageId, ...arriving, image: { ownerId: ctx.viewer.ownerId } },
    select: { totalBytes: true, image: { select: { regionId: true } } },
  })
  return upload && { region: upload.image.regionId, size: Number(upload.totalBytes) }
}

/** The file of an import of the viewer's master account that has arrived whole; null where none has, or it failed since. */
export async function findArrival(ctx: Context, imageId: string): Promise<{ size: number } | null> {
  const image = await db().image.findFirst({
    where: { id: imageId, ownerId: ctx.viewer.ownerId, originSize: { not: null }, NOT: { state: 'failed' } },
    select: { originSize: true },
  })
  return image && { size: Number(image.originSize) }
}

const systemsSuggested = 100

/** The operating systems of the viewer's own images in all regions, to suggest for another one; not of those that failed. */
export async function listOperatingSystems(ctx: Context): Promise<string[]> {
  const rows = await db().image.findMany({
    where: { ownerId: ctx.viewer.ownerId, state: { not: 'failed' } },
    distinct: ['operatingSystem'],
    select: { operatingSystem: true },
    orderBy: { operatingSystem: 'asc' },
    take: systemsSuggested,
  })
  return rows.map((row) => row.operatingSystem)
}
