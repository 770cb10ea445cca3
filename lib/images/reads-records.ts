import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import type { Prisma } from '@/lib/db/generated/client'
import { byKey } from './rules'
import type { ImageRecord } from './schema'

const recordFields = {
  id: true,
  name: true,
  state: true,
  regionId: true,
  owner: { select: { id: true, username: true } },
  format: true,
  virtualSize: true,
  size: true,
  sha256: true,
  operatingSystem: true,
  tags: { select: { key: true, value: true } },
  createdAt: true,
} as const

type RecordRow = Prisma.ImageGetPayload<{ select: typeof recordFields }>

export async function listImageRecords(ctx: Context): Promise<ImageRecord[]> {
  const images = await db().image.findMany({
    where: { ownerId: ctx.viewer.ownerId },
    select: recordFields,
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  })
  return images.map(toRecord)
}

export async function findImageRecord(
  imageId: string,
): Promise<{ image: ImageRecord; owner: { id: string; username: string } } | null> {
  const image = await db().image.findUnique({ where: { id: imageId }, select: recordFields })
  return image && { image: toRecord(image), owner: image.owner }
}

function toRecord(image: RecordRow): ImageRecord {
  return {
    id: image.id,
    name: image.name,
    state: image.state,
    region: image.regionId,
    owner: image.owner.username,
    format: image.format,
    virtualSize: Number(image.virtualSize),
    size: Number(image.size),
    sha256: image.sha256,
    os: image.operatingSystem,
    tags: image.tags.toSorted(byKey),
    createdAt: image.createdAt.toISOString(),
  }
}
