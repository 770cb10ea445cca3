import 'server-only'
import { db } from '@/lib/db/client'
import { type Finding, type IdRange, idRanges, type VerifyOptions, violation } from './finding'

const endActions = ['share.cancel', 'share.decline', 'share.expire', 'share.lapse']
const sharesAtOnce = 2_000
const eventsAtOnce = 5_000n

/** Checks every share against its image, accounts and events, and the events against the shares. */
export async function* verifyShares({ signal }: VerifyOptions): AsyncGenerator<Finding> {
  for await (const range of idRanges('Share', sharesAtOnce, signal)) {
    for (const share of await oddShares(range)) yield* findingsOf(share)
  }
  yield* lostShares(signal)
}

type ShareRow = {
  id: string
  imageId: string
  isElsewhere: boolean
  isToOwner: boolean
  isToMaster: boolean
  isByOwner: boolean
  isDouble: boolean
  isRecorded: boolean
  isCancelled: boolean
}

// LATERAL lets the events of each share use their index. Two EXISTS were planned as scans of all events, once for each
// range.
async function oddShares({ after, upTo }: IdRange): Promise<ShareRow[]> {
  return await db().$queryRaw<ShareRow[]>`
    SELECT * FROM (
      SELECT s.id, s."imageId", e."isRecorded", e."isCancelled",
        (i."ownerId" IS DISTINCT FROM s."ownerId" OR i."regionId" IS DISTINCT FROM s."regionId") AS "isElsewhere",
        s."recipientId" = s."ownerId" AS "isToOwner",
        r.kind IS NOT DISTINCT FROM 'MASTER' AS "isToMaster",
        (s."sharedById" = s."ownerId" OR b."masterId" IS NOT DISTINCT FROM s."ownerId") AS "isByOwner",
        EXISTS (SELECT 1 FROM "Share" d
          WHERE d."imageId" = s."imageId" AND d."recipientId" = s."recipientId" AND d.id < s.id) AS "isDouble"
      FROM "Share" s LEFT JOIN "Image" i ON i.id = s."imageId" LEFT JOIN "Account" r ON r.id = s."recipientId"
        LEFT JOIN "Account" b ON b.id = s."sharedById"
        CROSS JOIN LATERAL (SELECT coalesce(bool_or(action = 'share.create' AND "imageId" = s."imageId"
          AND "ownerId" = s."ownerId" AND "recipientId" = s."recipientId"), false) AS "isRecorded",
          coalesce(bool_or(action = ANY(${endActions})), false) AS "isCancelled" FROM "Event" WHERE "shareId" = s.id) e
      WHERE s.id > ${after} AND s.id <= ${upTo}) page
    WHERE "isElsewhere" OR "isToOwner" OR NOT "isToMaster" OR NOT "isByOwner" OR "isDouble" OR NOT "isRecorded"
      OR "isCancelled" ORDER BY id`
}

function findingsOf(share: ShareRow): Finding[] {
  const wrongs: [isWrong: boolean, kind: string, message: string][] = [
    [share.isElsewhere, 'share-image', `names another owner or region than its image ${share.imageId}`],
    [share.isToOwner, 'share-recipient', `gives ${share.imageId} to its own owner`],
    [!share.isToMaster, 'share-recipient', `gives ${share.imageId} to an account that is not a master`],
    [!share.isByOwner, 'share-by', `was not created by the owner of ${share.imageId}`],
    [share.isDouble, 'share-double', `gives ${share.imageId} to an account that has it already`],
    [!share.isRecorded, 'share-event', `of ${share.imageId} is not in the record of events`],
    [share.isCancelled, 'share-cancelled', `of ${share.imageId} has ended by the record of events, but still exists`],
  ]
  const found = wrongs.filter(([isWrong]) => isWrong)
  return found.map(([, kind, message]) => violation(kind, share.id, `The share ${message}.`))
}

/** A share with a create event and no end must exist: nothing committed is lost. */
async function* lostShares(signal: AbortSignal | null): AsyncGenerator<Finding> {
  const [bounds] = await db().$queryRaw<{ last: bigint | null }[]>`SELECT max(id) AS last FROM "Event"`
  const last = bounds?.last ?? 0n
  for (let after = 0n; after < last; after += eventsAtOnce) {
    signal?.throwIfAborted()
    const rows = await db().$queryRaw<{ shareId: string; imageId: string }[]>`
      SELECT e."shareId", e."imageId" FROM "Event" e
      WHERE e.id > ${after} AND e.id <= ${after + eventsAtOnce} AND e.action = 'share.create'
        AND NOT EXISTS (SELECT 1 FROM "Share" s WHERE s.id = e."shareId")
        AND NOT EXISTS (SELECT 1 FROM "Event" c WHERE c."shareId" = e."shareId" AND c.action = ANY(${endActions}))
      ORDER BY e.id`
    for (const { shareId, imageId } of rows) {
      yield violation('share-lost', shareId, `The share of ${imageId} was created and has not ended, but is missing.`)
    }
  }
}
