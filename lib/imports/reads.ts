import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { readFailure } from '@/lib/images/schema'
import { inRegions } from '@/lib/permissions'
import type { ImportState, ImportStatesParams, UnfinishedUpload, UnfinishedUploadsParams } from './schema'

/** An import that receives bytes without a lease holder is an upload. One with a holder comes from the command line. */
const arriving = { kind: 'IMPORT', step: 'RECEIVE', leaseHolder: null } as const

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

export async function listImportStates(ctx: Context, { ids }: ImportStatesParams): Promise<{ items: ImportState[] }> {
  const progress = { select: { kind: true, step: true, doneBytes: true, totalBytes: true } } as const
  const images = await db().image.findMany({
    where: { id: { in: ids }, ownerId: ctx.viewer.ownerId, ...inRegions(ctx.viewer, 'images.read') },
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

export async function findUpload(ctx: Context, imageId: string): Promise<{ region: string; size: number } | null> {
  const upload = await db().transfer.findFirst({
    where: { imageId, ...arriving, image: { ownerId: ctx.viewer.ownerId } },
    select: { totalBytes: true, image: { select: { regionId: true } } },
  })
  return upload && { region: upload.image.regionId, size: Number(upload.totalBytes) }
}

/** The received file of an own import; null if there is none or the import has failed. */
export async function findArrival(ctx: Context, imageId: string): Promise<{ size: number } | null> {
  const image = await db().image.findFirst({
    where: { id: imageId, ownerId: ctx.viewer.ownerId, originSize: { not: null }, NOT: { state: 'failed' } },
    select: { originSize: true },
  })
  return image && { size: Number(image.originSize) }
}

const systemsSuggested = 100

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
