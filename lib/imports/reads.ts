import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { imageFailure } from '@/lib/images/schema'
import type { ImportState, ImportStatesParams, UnfinishedUpload, UnfinishedUploadsParams } from './schema'

/** Uploads of the viewer's master account in a region that have not arrived whole, the newest first. */
export async function listUnfinishedUploads(
  ctx: Context,
  { region }: UnfinishedUploadsParams,
): Promise<{ items: UnfinishedUpload[] }> {
  const images = await db().image.findMany({
    where: {
      ownerId: ctx.viewer.ownerId,
      regionId: region,
      state: 'importing',
      step: 'RECEIVE',
      // One that somebody holds comes in by the command line.
      leaseHolder: null,
      originName: { not: null },
    },
    select: {
      id: true,
      name: true,
      originName: true,
      operatingSystem: true,
      doneBytes: true,
      totalBytes: true,
      leaseUntil: true,
    },
    orderBy: { createdAt: 'desc' },
    take: 50,
  })
  return {
    items: images.map((image) => ({
      imageId: image.id,
      name: image.name,
      fileName: image.originName ?? '',
      operatingSystem: image.operatingSystem,
      doneBytes: Number(image.doneBytes),
      totalBytes: Number(image.totalBytes),
      expiresAt: image.leaseUntil?.toISOString() ?? '',
    })),
  }
}

/** What has become of images of the viewer's master account; nobody else's and none that is gone is among them. */
export async function listImportStates(ctx: Context, { ids }: ImportStatesParams): Promise<{ items: ImportState[] }> {
  const images = await db().image.findMany({
    where: { id: { in: ids }, ownerId: ctx.viewer.ownerId },
    select: { id: true, state: true, step: true, doneBytes: true, totalBytes: true, failure: true },
  })
  return {
    items: images.map((image) => ({
      imageId: image.id,
      state: image.state,
      step: image.step,
      doneBytes: Number(image.doneBytes),
      totalBytes: Number(image.totalBytes),
      failure: imageFailure.nullable().catch(null).parse(image.failure),
    })),
  }
}

/** An upload of the viewer's master account that is still to receive bytes; null for anybody else's, and once it has ended. */
export async function findUpload(ctx: Context, imageId: string): Promise<{ region: string; size: number } | null> {
  const image = await db().image.findFirst({
    where: { id: imageId, ownerId: ctx.viewer.ownerId, state: 'importing', step: 'RECEIVE', leaseHolder: null },
    select: { regionId: true, totalBytes: true },
  })
  return image && { region: image.regionId, size: Number(image.totalBytes) }
}

/** The file of an import of the viewer's master account that has arrived whole; null where none has, or it failed since. */
export async function findArrival(ctx: Context, imageId: string): Promise<{ size: number } | null> {
  const image = await db().image.findFirst({
    where: { id: imageId, ownerId: ctx.viewer.ownerId, originSize: { not: null }, NOT: { state: 'failed' } },
    select: { originSize: true },
  })
  return image && { size: Number(image.originSize) }
}

/** An import that is to be worked on, with its owner and the blob that it may refer to; null once it has ended. */
export async function findImport(imageId: string) {
  return await db().image.findFirst({
    where: { id: imageId, state: 'importing' },
    select: {
      id: true,
      regionId: true,
      originSha256: true,
      claimedSha256: true,
      blob: { select: { id: true, sha256: true, size: true, format: true, virtualSize: true } },
      owner: { select: { id: true, username: true } },
    },
  })
}

export type RunningImport = NonNullable<Awaited<ReturnType<typeof findImport>>>

/** Imports and copies whose lease has run out: ids with their owners. */
export async function findDeadWork(now: Date) {
  return await db().image.findMany({
    where: { state: { in: ['importing', 'copying'] }, leaseUntil: { lt: now } },
    select: { id: true, regionId: true, step: true, owner: { select: { id: true, username: true } } },
    take: 1_000,
  })
}

/** How an import or a copy has ended, and what it brought in bytes; null while it is in motion. */
export async function findEnd(imageId: string): Promise<{ outcome: string; bytes: number } | null> {
  const select = { state: true, size: true, failure: true } as const
  const image = await db().image.findUnique({ where: { id: imageId }, select })
  if (!image) return { outcome: 'cancelled', bytes: 0 }
  if (image.state === 'importing' || image.state === 'copying') return null
  if (image.state === 'failed')
    return { outcome: imageFailure.safeParse(image.failure).data?.code ?? 'failed', bytes: 0 }
  return { outcome: 'available', bytes: Number(image.size) }
}
