import 'server-only'
import { createReadStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { StartError } from '@/lib/embedded/data-folder'
import { firstStart, noteFirstStart } from '@/lib/embedded/first-start'
import { env } from '@/lib/env'
import { formatBytes } from '@/lib/format'
import { ok, type Result } from '@/lib/result'
import { isIntact, sha256Of } from '@/lib/stores/checksum'
import { makeFolder } from '@/lib/stores/durable'
import { storeOf } from '@/lib/stores/store'
import { layTables, migrate, migrationNames } from '../../prisma/migrate'
import { backupStore, carryBlob } from './backup-blobs'
import { backupFolder, type Manifest, readManifest, tableFile } from './backup-manifest'
import { isOwn, loadSequence, loadTable } from './backup-tables'
import { type Answer, answer } from './output'
import {
  failWithoutDisks,
  findDamaged,
  type PutBack,
  putBackMachines,
  replaceRebuilt,
  requireNoGuests,
  sayPutBack,
} from './restore-machines'

type Options = { isForced: boolean; signal: AbortSignal }

/** `restore`: verifies everything, then writes the bytes and the disks of instances, then all rows in one transaction. */
export async function restore(typed: string, { isForced, signal }: Options): Promise<Result<Answer>> {
  const folder = backupFolder(typed)
  const manifest = await readManifest(folder)
  requireKnown(manifest)
  const url = env().DATABASE_URL
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  let machines: PutBack
  try {
    await requireAlone(client)
    await requireNoGuests()
    await requireEmpty(client, isForced)
    await requireSound(folder, manifest, signal)
    await restoreBlobs(folder, manifest, signal)
    machines = await putBackMachines(folder, manifest, signal)
    signal.throwIfAborted()
    await restoreRows(folder, manifest, { client, isForced })
  } finally {
    await client.end()
  }
  await migrate(url)
  await abandonWork()
  await forgetDemo()
  machines = await replaceRebuilt(folder, manifest, machines)
  const gone = machines.isItsHost && !machines.isNewHost ? await failWithoutDisks(new Date()) : []
  return ok(said(manifest, machines, gone))
}

function requireKnown({ migrations }: Manifest): void {
  const known = new Set(migrationNames())
  const unknown = migrations.find((name) => !known.has(name))
  if (unknown)
    throw new StartError(`The backup was made by a newer console (${unknown}). Restore it with that version.`)
}

async function requireAlone(client: pg.Client): Promise<void> {
  // PostgreSQL lists a closed connection for a moment.
  for (const until = Date.now() + 2_000; ; await sleep(100)) {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND backend_type = 'client backend'`,
    )
    if (rowCount === 0) return
    if (Date.now() > until)
      throw new StartError('A console or another program is connected to this database. Stop it, then restore.')
  }
}

async function requireEmpty(client: pg.Client, isForced: boolean): Promise<void> {
  if (isForced) return
  const { rowCount } = await client.query('SELECT FROM "Account" LIMIT 1')
  if (rowCount === 0) return
  throw new StartError(
    'This database has accounts. Restore into an empty one, or replace everything in it with --force-empty.',
  )
}

async function requireSound(folder: string, manifest: Manifest, signal: AbortSignal): Promise<void> {
  for (const table of manifest.tables) {
    const file = tableFile(folder, manifest, table.name)
    const sum = await sha256Of(createReadStream(file, { highWaterMark: 2 ** 20 }), { signal }).catch(() => {
      signal.throwIfAborted()
      return null
    })
    if (sum !== table.sha256) throw new StartError(`The backup is damaged: ${file} does not match its checksum.`)
  }
  for (const blob of manifest.blobs) {
    if (await isIntact(backupStore(folder, blob.region), blobKey(blob), blob, signal)) continue
    throw new StartError(`The backup is damaged: blobs/${blob.region}/${blobKey(blob)} does not match its checksum.`)
  }
  const damaged = await findDamaged(folder, manifest, signal)
  if (damaged) throw new StartError(`The backup is damaged: ${damaged} does not match its checksum.`)
}

/** Bytes that the store already has, as after the loss of the database alone, are kept if their checksum is right. */
async function restoreBlobs(folder: string, { blobs }: Manifest, signal: AbortSignal): Promise<void> {
  for (const blob of blobs) {
    const to = storeOf(blob.region)
    if (await isIntact(to, blobKey(blob), blob, signal)) continue
    await carryBlob({ from: backupStore(folder, blob.region), to }, blob, signal)
  }
}

async function restoreRows(
  folder: string,
  manifest: Manifest,
  { client, isForced }: { client: pg.Client; isForced: boolean },
): Promise<void> {
  await client.query('BEGIN')
  // The notices are restored as well, so the trigger of `Event` must not write them.
  await client.query("SET LOCAL ecs.restoring = 'on'")
  try {
    await requireEmpty(client, isForced)
    // Rows of events cannot be deleted, so all tables are dropped; the backup's migrations create them again.
    await dropTables(client)
    await layTables(client, manifest.migrations)
    for (const table of manifest.tables) await loadTable(client, table, tableFile(folder, manifest, table.name))
    for (const sequence of manifest.sequences) await loadSequence(client, sequence)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

async function dropTables(client: pg.Client): Promise<void> {
  const ours = async (what: string, sql: string) => {
    const { rows } = await client.query<{ name: string }>(sql)
    if (rows.length > 0) await client.query(`DROP ${what} ${rows.map((row) => row.name).join(', ')} CASCADE`)
  }
  const inPublic = `= 'public'::regnamespace`
  await ours(
    'TABLE',
    `SELECT oid::regclass::text AS name FROM pg_class c WHERE relnamespace ${inPublic} AND relkind = 'r' AND ${isOwn('pg_class')}`,
  )
  await ours(
    'TYPE',
    `SELECT oid::regtype::text AS name FROM pg_type c WHERE typnamespace ${inPublic} AND typtype = 'e' AND ${isOwn('pg_type')}`,
  )
  await ours(
    'FUNCTION',
    `SELECT oid::regprocedure::text AS name FROM pg_proc c WHERE pronamespace ${inPublic} AND ${isOwn('pg_proc')}`,
  )
}

/** The queue is not part of a backup. With expired leases, the sweep resumes or fails the transfers that were running. */
async function abandonWork(): Promise<void> {
  await db().transfer.updateMany({ data: { patienceMs: 0 } })
}

/** The next start of an embedded console must not add its demo accounts. */
async function forgetDemo(): Promise<void> {
  const folder = env().ECS_DATA_DIR
  await makeFolder(folder)
  if (!firstStart(folder)) noteFirstStart(folder, 'off')
}

function said(manifest: Manifest, machines: PutBack, gone: string[]): Answer {
  const { createdAt, tables, blobs } = manifest
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const bytes = blobs.reduce((sum, blob) => sum + blob.size, 0)
  const all = `${rows} rows and ${blobs.length} ${blobs.length === 1 ? 'disk' : 'disks'}, ${formatBytes(bytes, 'en')}`
  const { disks, left, failed } = machines
  const facts = { createdAt, rows, blobs: blobs.length, bytes, disks, disksLeft: left, disksFailed: failed, gone }
  return answer(facts, [
    `Restored the backup of ${createdAt}: ${all}. Nobody is signed in.`,
    ...sayPutBack(machines, gone, manifest),
  ])
}
