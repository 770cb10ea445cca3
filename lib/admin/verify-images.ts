import 'server-only'
import { selectHolders } from '@/lib/blobs/reads'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { canImage, type ImageStateName, isFailed, isTransferring, removalPatienceMs, tagsMax } from '@/lib/images/rules'
import { recipientsMax } from '@/lib/shares/rules'
import { leaseMs } from '@/lib/transfers/rules'
import { type Finding, type IdRange, idRanges, note, type VerifyOptions, violation } from './finding'

const imagesAtOnce = 2_000

type ImageRow = {
  id: string
  state: ImageStateName
  recipients: number
  tags: number
  isOfMaster: boolean
  hasBytes: boolean
  isOfOtherBytes: boolean
  isOdd: boolean
  isLate: boolean
}

/** Checks images: their owners, their recipients, and whether the facts fit the state. */
export async function* verifyImages({ now, signal }: VerifyOptions): AsyncGenerator<Finding> {
  for await (const range of idRanges('Image', imagesAtOnce, signal)) {
    for (const image of await oddImages(range, now)) yield* findingsOf(image)
  }
  for await (const range of idRanges('Blob', imagesAtOnce, signal)) {
    for (const blob of await oddBlobs(range, now)) yield* findingsOfBlob(blob)
  }
}

async function oddImages({ after, upTo }: IdRange, now: Date): Promise<ImageRow[]> {
  const removed = new Date(now.getTime() - removalPatienceMs)
  return await db().$queryRaw<ImageRow[]>`
    SELECT * FROM (
      SELECT i.id, i.state::text AS state, o.kind = 'MASTER' AS "isOfMaster",
        (SELECT count(*) FROM "LiveShare" s WHERE s."imageId" = i.id)::int AS recipients,
        (SELECT count(*) FROM "ImageTag" g WHERE g."imageId" = i.id)::int AS tags,
        (i."blobId" IS NOT NULL OR i.size <> 0 OR i.sha256 IS NOT NULL) AS "hasBytes",
        (i.state IN ('available', 'deleted')
          AND (b.state <> 'ready' OR b.sha256 <> i.sha256 OR b.size <> i.size)) AS "isOfOtherBytes",
        (i.state IN ('importing', 'copying')) <> (t."imageId" IS NOT NULL) AS "isOdd",
        -- A worker resumes dead transfers within moments, so report only those that stay dead.
        (t."renewedAt" + (t."patienceMs" + ${leaseMs}) * interval '1 millisecond' < clock_timestamp()
          OR (i.state = 'deleting' AND i."updatedAt" < ${removed}::timestamptz)) AS "isLate"
      FROM "Image" i JOIN "Account" o ON o.id = i."ownerId" LEFT JOIN "Blob" b ON b.id = i."blobId"
        LEFT JOIN "Transfer" t ON t."imageId" = i.id
      WHERE i.id > ${after} AND i.id <= ${upTo}) page
    WHERE recipients > ${recipientsMax} OR tags > ${tagsMax} OR (recipients > 0 AND state <> 'available') OR NOT "isOfMaster"
      OR (state = 'failed' AND "hasBytes") OR "isOfOtherBytes" OR "isOdd" OR "isLate" ORDER BY id`
}

type BlobFinding = { id: string; state: string; isHeld: boolean; isLate: boolean }

async function oddBlobs({ after, upTo }: IdRange, now: Date): Promise<BlobFinding[]> {
  const removed = new Date(now.getTime() - removalPatienceMs)
  return await db().$queryRaw<BlobFinding[]>`
    SELECT * FROM (
      SELECT b.id, b.state::text AS state, b.state = 'removing' AND b."updatedAt" < ${removed}::timestamptz AS "isLate",
        EXISTS (${selectHolders(Prisma.sql`b.id`)}) AS "isHeld"
      FROM "Blob" b WHERE b.id > ${after} AND b.id <= ${upTo}) page
    WHERE "isLate" OR "isHeld" = (state = 'removing') ORDER BY id`
}

function findingsOfBlob({ id, state, isHeld, isLate }: BlobFinding): Finding[] {
  if (isHeld && state === 'removing')
    return [violation('blob', id, 'The bytes are being removed, but something still refers to them.')]
  if (!isHeld && state !== 'removing')
    return [violation('blob', id, 'Nothing refers to the bytes, and they are not being removed.')]
  return isLate ? [note('removing', id, 'The bytes should be gone by now. The running console retries it.')] : []
}

function findingsOf(image: ImageRow): Finding[] {
  const { id, state, recipients, tags, isOfMaster, hasBytes, isOfOtherBytes, isOdd, isLate } = image
  const found: Finding[] = []
  if (!isOfMaster) found.push(violation('owner', id, 'The image belongs to a sub-account.'))
  if (recipients > recipientsMax) {
    found.push(
      violation('recipients', id, `The image is shared with ${recipients} accounts; the limit is ${recipientsMax}.`),
    )
  }
  if (tags > tagsMax) found.push(violation('tags', id, `The image has ${tags} tags; the limit is ${tagsMax}.`))
  if (recipients > 0 && !canImage('share', state)) {
    found.push(violation('shared-state', id, `The image is ${state} and still shared with ${recipients} accounts.`))
  }
  if (isFailed(state) && hasBytes) {
    found.push(violation('failed-bytes', id, 'The image has failed, but its row still names bytes.'))
  }
  if (isOfOtherBytes)
    found.push(violation('image-bytes', id, 'The size or checksum of the image differs from that of its bytes.'))
  if (isOdd)
    found.push(
      violation('transfer', id, `The image is ${state}, but has ${isTransferring(state) ? 'no' : 'a'} transfer.`),
    )
  if (isLate && state !== 'deleting') {
    found.push(note(state, id, 'No worker has renewed its lease. The running console resumes or fails it.'))
  }
  if (isLate && state === 'deleting') {
    found.push(note('deleting', id, 'The image should be gone by now. The running console retries it.'))
  }
  return found
}
