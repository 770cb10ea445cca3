import type pg from 'pg'
import { sealSession } from '@/lib/auth/session-cookie'
import { makeDatabase, type Place, tell, withClients } from './place'

const imagesPerOwner = 50
const sharesPerImage = 2
/** From this many images on, one more owner has a hundredth of all images. */
const manyFrom = 10_000
const manyShare = 100
/** The number of shares per account; few quotas hold more. */
const sharesPerAccount = 40
const accountsMin = 64
const region = 'cn-bench'
/** All images share one blob: none of the figures reads bytes. */
const blob = 'blb-bench00000'
const workers = 2

export type Owner = { username: string; session: string; words: string }

/** A database full of images, with an owner of 50 of them and, if there are enough, an owner of many. */
export type ImageRows = { url: string; region: string; owner: Owner; many: Owner | undefined }

/** Accounts are numbered: every `spacing`th of the first ones owns 50 images, the last one owns `many`. */
type Plan = { images: number; owners: number; accounts: number; many: number; spacing: number }

/** Makes a database with available images, each shared with two accounts, laid out as if it had grown over time. */
export async function makeImageRows(place: Place, { name, images }: { name: string; images: number }) {
  const began = performance.now()
  const url = await makeDatabase(place, name)
  const plan = planFor(images)
  return await withClients(url, workers, async (clients): Promise<ImageRows> => {
    const [first, ...others] = clients
    if (!first) throw new Error('There is no connection.')
    await makePeople(first, plan)
    const indexes = await dropIndexes(first)
    await first.query(imagesSql(plan))
    await Promise.all([first, ...others].map((client, worker) => client.query(sharesSql(plan, worker))))
    await makeIndexes(clients, indexes)
    await first.query('VACUUM (FREEZE, ANALYZE)')
    const seconds = Math.round((performance.now() - began) / 1_000)
    tell(`A database with ${images} images and ${images * sharesPerImage} shares is there after ${seconds} s.`)
    // From the middle of the accounts, where shares are as likely as for any other.
    const middle = Math.floor(plan.owners / 2) * plan.spacing
    const owner = await signIn(first, middle, `${number(images)} images`)
    if (plan.many === 0) return { url, region, owner, many: undefined }
    const words = `${number(plan.many)} of one owner in ${number(images)}`
    return { url, region, owner, many: await signIn(first, plan.accounts - 1, words) }
  })
}

function planFor(images: number): Plan {
  const many = images >= manyFrom ? Math.floor(images / manyShare) : 0
  const owners = Math.max(1, Math.floor((images - many) / imagesPerOwner))
  const accounts = Math.max(accountsMin, Math.floor((images * sharesPerImage) / sharesPerAccount))
  return { images, owners, accounts, many, spacing: Math.floor(accounts / owners) }
}

async function makePeople(client: pg.Client, { accounts, many }: Plan): Promise<void> {
  await client.query(`INSERT INTO "Region" (id, name, "createdAt") VALUES ('${region}', 'Benchmark', now())`)
  await client.query(`INSERT INTO "Blob" (id, "regionId", sha256, size, format, "virtualSize", state, "createdAt", "updatedAt")
    VALUES ('${blob}', '${region}', 'bench', 1, 'qcow2', 1, 'ready', now(), now())`)
  await client.query(`INSERT INTO "Account" (id, username, kind, "displayName", email, "passwordHash", "createdAt")
    SELECT ${accountId('n')}, 'tenant-' || n, 'MASTER', 'Tenant ' || n, '', '-', now()
    FROM generate_series(0, ${accounts - 1}) n`)
  // Allows the owner of many images that many: the default quota is lower.
  if (many > 0)
    await client.query(`INSERT INTO "Quota" ("accountId", "regionId", resource, amount)
      VALUES (${accountId(String(accounts - 1))}, '${region}', 'images', ${2 * many})`)
}

// Consecutive rows belong to different owners, so that an owner's rows lie far apart, as after years of use.
function imagesOf({ images, owners, accounts, many, spacing }: Plan): string {
  const ofMany = many > 0 ? `n % ${manyShare} = 0` : 'false'
  const rest = many > 0 ? `(n - n / ${manyShare} - 1)` : 'n'
  return `(SELECT n, CASE WHEN ${ofMany} THEN ${accounts - 1} ELSE ${rest} % ${owners} * ${spacing} END AS owner,
      CASE WHEN ${ofMany} THEN n / ${manyShare} ELSE ${rest} / ${owners} END AS ordinal,
      timestamptz '2024-01-01 00:00:00+00' + n * interval '2 years' / ${images} AS at
    FROM generate_series(0, ${images - 1}) n)`
}

function imagesSql(plan: Plan): string {
  return `INSERT INTO "Image" (id, "ownerId", "regionId", name, "operatingSystem", "virtualSize", size, sha256, format,
      source, state, "blobId", "createdAt", "updatedAt")
    SELECT ${id('img', 'n')}, ${accountId('owner')}, '${region}', 'web-' || n,
      (ARRAY['Debian 12', 'Debian 13', 'Ubuntu 24.04', 'Rocky Linux 9', 'Windows Server 2022'])[1 + ordinal % 5],
      (10 + n % 90) * 1073741824::bigint, (1 + n % 9) * 314572800::bigint, md5(n::text) || md5('-' || n), 'qcow2',
      'IMPORT', 'available', '${blob}', at, at
    FROM ${imagesOf(plan)} i`
}

// The images of an owner are shared with the accounts after it in turn, never with itself.
function sharesSql(plan: Plan, worker: number): string {
  const { images, accounts } = plan
  const recipient = `((owner + 1 + (ordinal * ${sharesPerImage} + k) % ${accounts - 1}) % ${accounts})`
  return `INSERT INTO "Share" (id, "imageId", "ownerId", "regionId", "recipientId", "sharedById", "createdAt")
    SELECT ${id('shr', `(k * ${images}::bigint + n)`)}, ${id('img', 'n')}, ${accountId('owner')}, '${region}',
      ${accountId(recipient)}, ${accountId('owner')}, at
    FROM generate_series(${worker}, ${sharesPerImage - 1}, ${workers}) k, ${imagesOf(plan)} i`
}

/** An id without order, as real ids are. An odd multiplier maps no two numbers to the same one. */
function id(kind: string, number: string): string {
  return `'${kind}-' || lpad(to_hex((${number} * 2654435761::bigint) & 1099511627775), 10, '0')`
}

function accountId(number: string): string {
  return id('acc', number)
}

// Filling tables without indexes and creating these afterwards is several times faster. Foreign keys are left out, because no
// read uses them, and the data needs no WAL.
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const tables = `('"Image"'::regclass, '"Share"'::regclass)`
  const indexes = await client.query<{ definition: string }>(
    `SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indrelid IN ${tables}`,
  )
  const drops = await client.query<{ sql: string }>(
    `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS sql FROM pg_constraint
       WHERE contype = 'f' AND (conrelid IN ${tables} OR confrelid IN ${tables})
     UNION ALL SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
       WHERE conrelid IN ${tables} AND contype = 'p'
     UNION ALL SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index
       WHERE indrelid IN ${tables} AND NOT indisprimary`,
  )
  for (const { sql } of drops.rows) await client.query(sql)
  for (const table of ['"Share"', '"Image"']) await client.query(`ALTER TABLE ${table} SET UNLOGGED`)
  return indexes.rows.map((row) => row.definition)
}

async function makeIndexes(clients: pg.Client[], definitions: string[]): Promise<void> {
  const waiting = [...definitions]
  const work = async (client: pg.Client) => {
    await client.query(`SET maintenance_work_mem = '1GB'`)
    for (let sql = waiting.shift(); sql; sql = waiting.shift()) await client.query(sql)
  }
  await Promise.all(clients.map(work))
}

async function signIn(client: pg.Client, account: number, words: string): Promise<Owner> {
  const sessionId = crypto.randomUUID()
  const { rows } = await client.query<{ accountId: string }>(
    `INSERT INTO "Session" (id, "accountId", "createdAt", "expiresAt")
       VALUES ($1, ${accountId(String(account))}, now(), now() + interval '1 day') RETURNING "accountId"`,
    [sessionId],
  )
  const session = await sealSession({ accountId: rows[0]?.accountId ?? '', sessionId })
  return { username: `tenant-${account}`, session, words }
}

function number(count: number): string {
  return count.toLocaleString('en')
}
