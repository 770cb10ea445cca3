import 'server-only'
import { db } from '@/lib/db/client'
import { formatBytes } from '@/lib/format'
import { bytesQuotaDefault } from '@/lib/quotas/rules'
import { type Finding, type IdRange, idRanges, note, type VerifyOptions, violation } from './finding'

const accountsAtOnce = 100
const imagesAtOnce = 2_000

/** Checks the bytes of every account against its quota, and what transfers were promised against what they bring. */
export async function* verifySpace({ signal }: VerifyOptions): AsyncGenerator<Finding> {
  for await (const range of idRanges('Account', accountsAtOnce, signal)) yield* await checkBytes(range)
  for await (const range of idRanges('Image', imagesAtOnce, signal)) yield* await checkPromises(range)
}

type BytesRow = { id: string; username: string; region: string; quota: number; used: number; isExplained: boolean }

/** The migration that brought the quota of bytes: who was over it then keeps what it has. */
const quotaCame = '20261126214733_space'

/**
 * Rule 13. More bytes than the quota are explained when the quota was forced below what was used, or came when they were there
 * already, and no image came since.
 */
async function checkBytes({ after, upTo }: IdRange): Promise<Finding[]> {
  const rows = await db().$queryRaw<BytesRow[]>`
    SELECT a.id, a.username, u."regionId" AS region, q.quota, u.used,
      coalesce(e.bytes = q.quota AND u.used <= e.used, u.newest <= (SELECT min(finished_at) FROM _prisma_migrations
        WHERE migration_name = ${quotaCame}), false) AS "isExplained"
    FROM "Account" a
    CROSS JOIN LATERAL (SELECT i."regionId", max(i."createdAt") AS newest, sum(CASE WHEN t."imageId" IS NULL THEN i.size
        ELSE t."promisedBytes" END)::float8 AS used FROM "Image" i LEFT JOIN "Transfer" t ON t."imageId" = i.id
      WHERE i."ownerId" = a.id AND i.state <> 'failed' GROUP BY 1) u
    CROSS JOIN LATERAL (SELECT coalesce((SELECT bytes FROM "Quota" WHERE "accountId" = a.id AND "regionId" = u."regionId"),
      ${bytesQuotaDefault})::float8 AS quota) q
    LEFT JOIN LATERAL (SELECT (details->>'bytes')::float8 AS bytes, (details->>'bytesUsed')::float8 AS used FROM "Event"
      WHERE "ownerId" = a.id AND "regionId" = u."regionId" AND action = 'quota.set' AND details ? 'bytes' AND u.used > q.quota
      ORDER BY id DESC LIMIT 1) e ON true
    WHERE a.id > ${after} AND a.id <= ${upTo} AND u.used > q.quota ORDER BY a.id, u."regionId"`
  return rows.map(({ id, username, region, quota, used, isExplained }) => {
    const [have, may] = [formatBytes(used, 'en'), formatBytes(quota, 'en')]
    const message = `${username} has ${have} in ${region}, and its quota of bytes is ${may}`
    return isExplained
      ? note('bytes-quota', id, `${message}: it had them when the quota was set.`)
      : violation('bytes-quota', id, `${message}.`)
  })
}

type PromiseRow = { id: string; isOver: boolean }

/**
 * What a transfer still reserves is a part of its promise, and the promise is enough for what it brings: for all that is known of
 * it, except at CONVERT, whose progress is measured by the disk that a machine sees. Whatever has no transfer has no promise.
 */
async function checkPromises({ after, upTo }: IdRange): Promise<Finding[]> {
  const rows = await db().$queryRaw<PromiseRow[]>`
    SELECT i.id, t."reservedBytes" > t."promisedBytes" AS "isOver" FROM "Transfer" t JOIN "Image" i ON i.id = t."imageId"
    WHERE i.id > ${after} AND i.id <= ${upTo} AND (t."reservedBytes" > t."promisedBytes"
      OR (t.step <> 'CONVERT' AND t."promisedBytes" < t."totalBytes") OR (t.kind = 'COPY' AND t."promisedBytes" < i.size)
      OR (t.step = 'RECEIVE' AND t."reservedBytes" + t."doneBytes" < t."totalBytes")) ORDER BY i.id`
  return rows.map(({ id, isOver }) =>
    violation(
      'promise',
      id,
      isOver
        ? 'More room is reserved for it than it was promised.'
        : 'It brings more bytes than it was promised room for.',
    ),
  )
}
