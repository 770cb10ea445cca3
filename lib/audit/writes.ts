import 'server-only'
import { signingKey, signText } from '@/lib/auth/signing-key'
import { db } from '@/lib/db/client'
import { checkpointText } from './rules'
import type { Checkpoint } from './schema'

const chainsAtOnce = 500

type Head = { accountId: string; seq: bigint; hash: string }

/**
 * Signs each chain that has grown since its last checkpoint, and yields the new checkpoints, for copies elsewhere. Several
 * workers may run it at once. Signed entries are committed, because a head is written together with its entries.
 */
export async function* makeCheckpoints(now: Date): AsyncGenerator<Checkpoint> {
  const key = await signingKey()
  const at = now.toISOString()
  for (let after: string | undefined = ''; after !== undefined; ) {
    const heads: Head[] = await db().$queryRaw<Head[]>`
      SELECT "accountId", seq, hash FROM "AuditChain" c WHERE "accountId" > ${after} AND seq > 0
        AND NOT EXISTS (SELECT FROM "AuditCheckpoint" p
          WHERE p."accountId" = c."accountId" AND p.seq = c.seq AND p."keyId" = ${key.id})
      ORDER BY "accountId" LIMIT ${chainsAtOnce}`
    const made = heads.map(({ accountId, seq, hash }): Checkpoint => {
      const point = { accountId, seq: String(seq), hash }
      return { ...point, at, keyId: key.id, signature: signText(key, checkpointText(point, at)) }
    })
    await db().auditCheckpoint.createMany({
      data: made.map((one) => ({ ...one, seq: BigInt(one.seq), at: now })),
      skipDuplicates: true,
    })
    yield* made
    after = heads.at(-1)?.accountId
  }
}
