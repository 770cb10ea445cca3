import 'server-only'
import { db } from '@/lib/db/client'
import { hostMachines } from '@/lib/machines/machines'
import { type Finding, type IdRange, idRanges, note, type VerifyOptions, violation } from './finding'

const instancesAtOnce = 2_000

/** Checks that instances and snapshots have their bytes, and that machine folders on this host belong to instances. */
export async function* verifyInstances({ signal }: VerifyOptions): AsyncGenerator<Finding> {
  for await (const range of idRanges('Instance', instancesAtOnce, signal)) yield* await checkBytes(range)
  yield* await checkSnapshots()
  yield* await checkFolders()
}

/** The bytes under an instance's disk exist as long as it does, and are no larger than the disk. */
async function checkBytes({ after, upTo }: IdRange): Promise<Finding[]> {
  const rows = await db().$queryRaw<{ id: string; isReady: boolean }[]>`
    SELECT i.id, b.state = 'ready' AS "isReady" FROM "Instance" i JOIN "Blob" b ON b.id = i."blobId"
    WHERE i.id > ${after} AND i.id <= ${upTo} AND (b.state <> 'ready' OR b."virtualSize" > i."diskBytes") ORDER BY i.id`
  return rows.map(({ id, isReady }) =>
    violation(
      'instance-bytes',
      id,
      isReady
        ? 'The disk is smaller than the image bytes under it.'
        : 'The image bytes under the disk are being removed.',
    ),
  )
}

async function checkSnapshots(): Promise<Finding[]> {
  const rows = await db().$queryRaw<{ id: string; state: string }[]>`
    SELECT s.id, s.state::text AS state FROM "Snapshot" s LEFT JOIN "Blob" b ON b.id = s."blobId"
    WHERE (s.state = 'available' AND b.state IS DISTINCT FROM 'ready') OR (s.state = 'failed' AND s."blobId" IS NOT NULL)
      OR (s.state <> 'creating' AND s."promisedBytes" <> 0) ORDER BY s.id LIMIT 1000`
  return rows.map(({ id, state }) =>
    violation('snapshot-bytes', id, `The snapshot is ${state}, which does not fit its bytes or its reservation.`),
  )
}

/** Machine folders on this host: one of an unknown instance is a violation, one of a terminated instance a note. */
async function checkFolders(): Promise<Finding[]> {
  const here = await hostMachines().list()
  const known = await db().instance.findMany({ where: { id: { in: here } }, select: { id: true, state: true } })
  const states = new Map(known.map(({ id, state }) => [id, state]))
  return here.flatMap((id) => {
    const state = states.get(id)
    if (state === undefined)
      return [violation('machine-left', id, 'This host has a disk of an unknown instance; gc removes it.')]
    return state === 'terminated'
      ? [
          note(
            'machine-left',
            id,
            'The instance is terminated, but its disk is still here. The worker removes it at its next start.',
          ),
        ]
      : []
  })
}
