import 'server-only'
import { db } from '@/lib/db/client'
import { type Finding, type IdRange, idRanges, type VerifyOptions, violation } from './finding'

const imagesAtOnce = 2_000

/** Checks the reservations of transfers against their bytes. */
export async function* verifySpace({ signal }: VerifyOptions): AsyncGenerator<Finding> {
  for await (const range of idRanges('Image', imagesAtOnce, signal)) yield* await checkPromises(range)
}

type PromiseRow = { id: string; isOver: boolean }

/**
 * The unwritten part of a reservation is at most the reservation, and the reservation covers the known size of the
 * transfer, except at CONVERT and CLEAN, whose progress counts the virtual disk. CLEAN also reserves space for the unpacked disk,
 * which is not stored. Without a transfer there is no reservation.
 */
async function checkPromises({ after, upTo }: IdRange): Promise<Finding[]> {
  const rows = await db().$queryRaw<PromiseRow[]>`
    SELECT i.id, t.step <> 'CLEAN' AND t."reservedBytes" > t."promisedBytes" AS "isOver" FROM "Transfer" t JOIN "Image" i ON i.id = t."imageId"
    WHERE i.id > ${after} AND i.id <= ${upTo} AND ((t.step <> 'CLEAN' AND t."reservedBytes" > t."promisedBytes")
      OR (t.step NOT IN ('CONVERT', 'CLEAN') AND t."promisedBytes" < t."totalBytes") OR (t.kind = 'COPY' AND t."promisedBytes" < i.size)
      OR (t.step = 'RECEIVE' AND t."reservedBytes" + t."doneBytes" < t."totalBytes")) ORDER BY i.id`
  return rows.map(({ id, isOver }) =>
    violation(
      'promise',
      id,
      isOver
        ? 'The unwritten part is larger than the reservation.'
        : 'The reservation is smaller than the bytes of the transfer.',
    ),
  )
}
