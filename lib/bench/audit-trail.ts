import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import { chainOrigin, type EntryTexts, entryContent, entryFields } from '@/lib/audit/rules'
import { type Place, withClients } from './place'

const regionId = 'cn-bench'
const begins = Date.parse('2026-01-01T00:00:00.000Z')
const apartMs = 10_000
const atOnce = 10_000

type Owner = { id: string; username: string }

/**
 * Writes events of one account and their chain, as a restore does: the trigger would take four times as long. The measured
 * verification proves that the chain is the same.
 */
export async function makeTrail(place: Place, owner: Owner, entries: number): Promise<void> {
  await withClients(place.databaseUrl, 1, async ([client]) => {
    if (!client) throw new Error('There is no connection.')
    await client.query(`SET ecs.restoring = 'on'`)
    const { rows } = await client.query<{ id: string }>('SELECT coalesce(max(id), 0) + 1 AS id FROM "Event"')
    const firstId = Number(rows[0]?.id)
    await client.query(
      `INSERT INTO "Event" (id, at, action, "actorId", "actorName", "ownerId", "ownerName", "regionId", "imageId", "imageName", details)
       SELECT $1::bigint + n - 1, to_timestamp($2::float8 / 1000) + n * $3::int * interval '1 millisecond', 'image.update', $4, $5, $4, $5,
         $6, 'img-' || lpad((n % 1000)::text, 10, '0'), 'disk ' || n % 1000,
         jsonb_build_object('before', jsonb_build_object('name', 'disk'), 'after', jsonb_build_object('name', n::text))
       FROM generate_series(1, $7::int) n`,
      [firstId, begins, apartMs, owner.id, owner.username, regionId, entries],
    )
    await client.query(`SELECT setval(pg_get_serial_sequence('"Event"', 'id'), max(id)) FROM "Event"`)
    const chain = { hash: createHash('sha256').update(chainOrigin(owner.id)).digest('hex') }
    const lines = Readable.from(chainLines(chain, { owner, entries, firstId }))
    await pipeline(lines, client.query(copyFrom('COPY "AuditEntry" FROM STDIN')))
    await client.query('INSERT INTO "AuditChain" VALUES ($1, $2, $3)', [owner.id, entries, chain.hash])
    await client.query('VACUUM ANALYZE "AuditEntry", "Event"')
  })
}

type Trail = { owner: Owner; entries: number; firstId: number }

function* chainLines(chain: { hash: string }, { owner, entries, firstId }: Trail): Generator<string> {
  const none = Object.fromEntries(entryFields.map((field) => [field, null])) as EntryTexts
  let lines = ''
  for (let seq = 1; seq <= entries; seq++) {
    const entry: EntryTexts = {
      ...none,
      accountId: owner.id,
      seq: String(seq),
      eventId: String(firstId + seq - 1),
      at: new Date(begins + seq * apartMs).toISOString(),
      action: 'image.update',
      actorId: owner.id,
      actorName: owner.username,
      ownerName: owner.username,
      regionId,
      imageId: `img-${String(seq % 1000).padStart(10, '0')}`,
      imageName: `disk ${seq % 1000}`,
      details: `{"after": {"name": "${seq}"}, "before": {"name": "disk"}}`,
    }
    chain.hash = createHash('sha256')
      .update(chain.hash + entryContent(entry))
      .digest('hex')
    lines += `${[...entryFields.map((field) => entry[field] ?? '\\N'), chain.hash].join('\t')}\n`
    if (seq % atOnce > 0 && seq < entries) continue
    yield lines
    lines = ''
  }
}
