import 'server-only'
import { db } from '@/lib/db/client'
import { type ImageStateName, leaseMs } from '@/lib/images/rules'
import { recipientsMax } from '@/lib/shares/rules'
import { type Finding, type IdRange, idRanges, note, type VerifyOptions, violation } from './finding'

const imagesAtOnce = 2_000

type ImageRow = {
  id: string
  state: ImageStateName
  recipients: number
  isOfMaster: boolean
  hasBytes: boolean
  isLate: boolean
}

/** Checks the rows of images: whose they are, how many hold them, and what their state allows. */
export async function* verifyImages({ now, signal }: VerifyOptions): AsyncGenerator<Finding> {
  for await (const range of idRanges('Image', imagesAtOnce, signal)) {
    for (const image of await oddImages(range, new Date(now.getTime() - leaseMs))) yield* findingsOf(image)
  }
}

async function oddImages({ after, upTo }: IdRange, late: Date): Promise<ImageRow[]> {
  return await db().$queryRaw<ImageRow[]>`
    SELECT * FROM (
      SELECT i.id, i.state::text AS state, o.kind = 'MASTER' AS "isOfMaster",
        (SELECT count(*) FROM "Share" s WHERE s."imageId" = i.id)::int AS recipients,
        (i.size <> 0 OR i."virtualSize" <> 0 OR i.sha256 IS NOT NULL) AS "hasBytes",
        ((i.state = 'importing' AND (i."leaseAt" IS NULL OR i."leaseAt" < ${late}::timestamptz))
          OR (i.state = 'deleting' AND i."updatedAt" < ${late}::timestamptz)) AS "isLate"
      FROM "Image" i JOIN "Account" o ON o.id = i."ownerId" WHERE i.id > ${after} AND i.id <= ${upTo}) page
    WHERE recipients > ${recipientsMax} OR (recipients > 0 AND state <> 'available') OR NOT "isOfMaster"
      OR (state = 'failed' AND "hasBytes") OR "isLate" ORDER BY id`
}

function findingsOf({ id, state, recipients, isOfMaster, hasBytes, isLate }: ImageRow): Finding[] {
  const found: Finding[] = []
  if (!isOfMaster) found.push(violation('owner', id, 'The image belongs to a sub-account.'))
  if (recipients > recipientsMax) {
    found.push(
      violation('recipients', id, `The image is shared with ${recipients} accounts; the limit is ${recipientsMax}.`),
    )
  }
  if (recipients > 0 && state !== 'available') {
    found.push(violation('shared-state', id, `The image is ${state} and still shared with ${recipients} accounts.`))
  }
  if (state === 'failed' && hasBytes) {
    found.push(violation('failed-bytes', id, 'The image has failed, and its row still tells of bytes.'))
  }
  if (isLate && state === 'importing') {
    found.push(
      note('importing', id, 'The import shows no sign of life; the running console, or the next import, fails it.'),
    )
  }
  if (isLate && state === 'deleting') {
    found.push(note('deleting', id, 'The image is long on its way out; the running console removes it.'))
  }
  return found
}
