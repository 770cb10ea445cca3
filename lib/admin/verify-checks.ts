import 'server-only'
import { db } from '@/lib/db/client'
import { env } from '@/lib/env'
import { type Finding, note, violation } from './finding'

/** Checks the verdicts on disks: each has the findings that it counts, its bytes exist, and no disk lacks one. */
export async function* verifyChecks(): AsyncGenerator<Finding> {
  yield* await miscounted()
  yield* await leftOver()
  if (env().ECS_DISK_CHECK === 'auto') yield* await missing()
}

type Counted = { sha256: string; state: string; counted: number; listed: number }

async function miscounted(): Promise<Finding[]> {
  const rows = await db().$queryRaw<Counted[]>`
    SELECT c.sha256, c.state::text AS state, c.critical + c.high + c.medium + c.low AS counted,
      c.beyond + (SELECT count(*)::int FROM "Finding" f WHERE f.sha256 = c.sha256) AS listed
    FROM "Check" c WHERE c.critical + c.high + c.medium + c.low <> c.beyond + (SELECT count(*) FROM "Finding" f WHERE f.sha256 = c.sha256)
      OR (c.state = 'clean' AND c.critical + c.high + c.medium + c.low > 0) LIMIT 1000`
  return rows.map(({ sha256, state, counted, listed }) =>
    violation('check', sha256, `The verdict is ${state} with ${counted} findings, but ${listed} are listed.`),
  )
}

/** Checks of bytes that no longer exist. A worker's sweep deletes these within 15 s. */
async function leftOver(): Promise<Finding[]> {
  const rows = await db().$queryRaw<{ sha256: string }[]>`
    SELECT c.sha256 FROM "Check" c
    WHERE NOT EXISTS (SELECT FROM "Blob" b WHERE b.sha256 = c.sha256) LIMIT 1000`
  return rows.map(({ sha256 }) => note('check', sha256, 'No store has the bytes of this check. A worker deletes it.'))
}

async function missing(): Promise<Finding[]> {
  const rows = await db().$queryRaw<{ id: string }[]>`
    SELECT i.id FROM "Image" i JOIN "Blob" b ON b.id = i."blobId" WHERE i.state = 'available' AND b.state = 'ready'
      AND NOT EXISTS (SELECT FROM "Check" c WHERE c.sha256 = b.sha256) ORDER BY i.id LIMIT 1000`
  return rows.map(({ id }) => note('image', id, 'The disk was never checked. A worker checks it at its start.'))
}
