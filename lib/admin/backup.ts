import 'server-only'
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import { StartError } from '@/lib/embedded/data-folder'
import { env } from '@/lib/env'
import { formatBytes } from '@/lib/format'
import { ok, type Result } from '@/lib/result'
import { makeFolder } from '@/lib/stores/durable'
import { storeOf } from '@/lib/stores/store'
import project from '../../package.json' with { type: 'json' }
import { backupStore, carryBlob, hasBlob, pruneBlobs } from './backup-blobs'
import { copyMachines, hostOf, listInstances, pruneMachines, sayInstances } from './backup-machines'
import {
  type BlobDump,
  backupFolder,
  isOfBackup,
  type Manifest,
  readManifest,
  tableFile,
  writeManifest,
} from './backup-manifest'
import { dumpSequences, dumpTables, listBlobs, listMigrations } from './backup-tables'
import { type Answer, answer } from './output'

/** The advisory lock of backups: two at once would remove each other's files. The number only has to be unused. */
const lockOfBackup = 727_073_700
const triesMax = 10

type Copied = { blobs: number; bytes: number; disks: number }

type Dumped = { manifest: Omit<Manifest, 'instances'>; instances: Awaited<ReturnType<typeof listInstances>> }

/**
 * `backup`: the rows of one snapshot, the bytes that they name and the folder lacks, and the disks of stopped
 * instances.
 */
export async function backUp(typed: string, signal: AbortSignal): Promise<Result<Answer>> {
  const folder = backupFolder(typed)
  const client = new pg.Client({ connectionString: env().DATABASE_URL })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS "isOurs"', [lockOfBackup])
    if (!rows[0]?.isOurs) throw new StartError('Another backup of this database is running. Wait until it has ended.')
    await requireBackupFolder(folder)
    const { manifest, copied } = await backUpInto(folder, client, signal)
    await writeManifest(folder, manifest)
    await prune(folder, manifest)
    return ok(said(folder, manifest, copied))
  } finally {
    await client.end()
  }
}

async function requireBackupFolder(folder: string): Promise<void> {
  await makeFolder(folder)
  const other = (await readdir(folder)).find((entry) => !isOfBackup(entry))
  if (other)
    throw new StartError(`${folder} holds something else (${other}). Name an empty folder, or one with a backup.`)
}

/**
 * Copies most bytes before the snapshot of the rows, to keep that transaction short. A blob removed in between needs a new
 * snapshot.
 */
async function backUpInto(folder: string, client: pg.Client, signal: AbortSignal) {
  const copied: Copied = { blobs: 0, bytes: 0, disks: 0 }
  const copy = (blobs: BlobDump[]) => copyMissing({ folder, client, signal, copied }, blobs)
  await copy(await listBlobs(client))
  for (let attempt = 1; ; attempt++) {
    const { manifest, instances } = await dumpDatabase(folder, client)
    if (await copy(manifest.blobs)) {
      const before = await readManifest(folder).catch(() => null)
      const kept = await copyMachines({ folder, signal, before, copied }, instances)
      return { manifest: { ...manifest, instances: kept }, copied }
    }
    await rm(path.join(folder, manifest.database), { recursive: true })
    if (attempt === triesMax)
      throw new StartError('Images are removed faster than they can be copied. Try again later.')
  }
}

async function dumpDatabase(folder: string, client: pg.Client): Promise<Dumped> {
  const createdAt = new Date().toISOString()
  const database = `database-${createdAt.replace(/\W/g, '-')}`
  await makeFolder(path.join(folder, database))
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  try {
    const { rows } = await client.query(`SELECT current_setting('server_version') AS version`)
    const tables = await dumpTables(client, (table) => tableFile(folder, { database }, table))
    const [sequences, migrations, blobs] = [
      await dumpSequences(client),
      await listMigrations(client),
      await listBlobs(client),
    ]
    const versions = { console: project.version, postgres: String(rows[0]?.version) }
    const instances = await listInstances(client)
    const host = await hostOf(instances)
    const manifest = { format: 1, createdAt, versions, migrations, database, tables, sequences, blobs, host } as const
    return { manifest, instances }
  } finally {
    await client.query('ROLLBACK')
  }
}

type Work = { folder: string; client: pg.Client; signal: AbortSignal; copied: Copied }

async function copyMissing({ folder, client, signal, copied }: Work, blobs: BlobDump[]): Promise<boolean> {
  let isWhole = true
  for (const blob of blobs) {
    signal.throwIfAborted()
    const to = backupStore(folder, blob.region)
    if (await hasBlob(to, blob)) continue
    try {
      await carryBlob({ from: storeOf(blob.region), to }, blob, signal)
      copied.blobs += 1
      copied.bytes += blob.size
    } catch (error) {
      signal.throwIfAborted()
      if (await isNeeded(client, blob)) throw damaged(blob, error)
      isWhole = false
    }
  }
  return isWhole
}

// A blob's row changes before its bytes are removed.
async function isNeeded(client: pg.Client, blob: BlobDump): Promise<boolean> {
  const { rowCount } = await client.query(`SELECT FROM "Blob" WHERE id = $1 AND state = 'ready'`, [blob.id])
  return rowCount === 1
}

function damaged({ id, region }: BlobDump, error: unknown): Error {
  const reason = error instanceof Error && error.message ? ` (${error.message})` : ''
  return new StartError(`The bytes of ${id} in ${region} could not be copied completely${reason}. Run verify.`, {
    cause: error,
  })
}

async function prune(folder: string, manifest: Manifest): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith('database-') || entry === manifest.database) continue
    await rm(path.join(folder, entry), { recursive: true })
  }
  const regions = await readdir(path.join(folder, 'blobs')).catch(() => [])
  for (const region of regions) await pruneBlobs(folder, region, manifest.blobs)
  await pruneMachines(folder, manifest.instances)
}

function said(folder: string, { createdAt, tables, blobs, instances }: Manifest, copied: Copied): Answer {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const bytes = blobs.reduce((sum, blob) => sum + blob.size, 0)
  const all = `${rows} rows and ${blobs.length} ${blobs.length === 1 ? 'disk' : 'disks'}, ${formatBytes(bytes, 'en')}`
  const isNew = `${copied.blobs} of them new, ${formatBytes(copied.bytes, 'en')}`
  const kept = instances.map(({ id, state, kept, ...rest }) => ({
    ...{ instance: id, state, kept },
    ...('snapshotId' in rest ? { snapshot: rest.snapshotId, takenAt: rest.takenAt } : {}),
  }))
  return answer({ folder, createdAt, rows, blobs: blobs.length, bytes, copied, instances: kept }, [
    `Backed up to ${folder} as of ${createdAt}: ${all} (${isNew}).`,
    ...sayInstances(instances),
  ])
}
