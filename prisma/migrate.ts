import { createHash, randomUUID } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { runMigrations } from 'graphile-worker'
import pg from 'pg'
import { beside, databaseName } from '../lib/db/beside'

// Applies prisma/migrations like `prisma migrate deploy`, with its table, checksums and lock, so that both can be used.
// This one needs no engine download and takes a tenth of the time.

const folder = path.join(import.meta.dirname, 'migrations')
const lockOfPrismaMigrate = 72707369

const table = `create table if not exists _prisma_migrations (
  id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz,
  migration_name varchar(255) not null, logs text, rolled_back_at timestamptz,
  started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`

/** Migrates a database, creating it if it is missing, and returns the names of applied migrations. */
export async function migrate(url: string): Promise<string[]> {
  const client = await connect(url)
  try {
    await client.query('select pg_advisory_lock($1)', [lockOfPrismaMigrate])
    await client.query(table)
    const applied = await applyMissing(client)
    // pg-boss has its own schema and migrates it itself.
    await runMigrations({ connectionString: url })
    return applied
  } finally {
    await client.end()
  }
}

/** Creates the tables as these migrations leave them, in the caller's transaction. The caller records the migrations. */
export async function layTables(client: pg.Client, names: string[]): Promise<void> {
  await client.query(table)
  for (const name of names) await client.query(sqlOf(name))
}

async function applyMissing(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query('select * from _prisma_migrations where rolled_back_at is null')
  const known = new Map(rows.map((row) => [row.migration_name, row]))
  const applied: string[] = []
  for (const name of migrationNames()) {
    const sql = sqlOf(name)
    const checksum = createHash('sha256').update(sql).digest('hex')
    const row = known.get(name)
    if (row && !row.finished_at)
      throw new Error(`Migration ${name} failed before. Mend it, then \`prisma migrate resolve\`.`)
    if (row && row.checksum !== checksum) console.error(`Migration ${name} was edited after it was applied.`)
    if (row) continue
    await apply(client, name, sql, checksum)
    applied.push(name)
  }
  return applied
}

// Changes and record share one transaction, so a killed process leaves neither.
async function apply(client: pg.Client, name: string, sql: string, checksum: string): Promise<void> {
  await client.query('begin')
  try {
    await client.query(sql)
    await client.query(
      'insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) values ($1, $2, $3, now(), 1)',
      [randomUUID(), checksum, name],
    )
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw new Error(`Migration ${name} failed; nothing of it was kept.`, { cause: error })
  }
}

function sqlOf(name: string): string {
  return fs.readFileSync(path.join(folder, name, 'migration.sql'), 'utf8')
}

/** The migrations of this version of the console, in order. */
export function migrationNames(): string[] {
  const entries = fs.readdirSync(folder, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    return client
  } catch (error) {
    if (!hasCode(error, '3D000')) throw error
  }
  await createDatabase(url)
  const again = new pg.Client({ connectionString: url })
  await again.connect()
  return again
}

async function createDatabase(url: string): Promise<void> {
  try {
    await beside(url, (client) => client.query(`create database ${client.escapeIdentifier(databaseName(url))}`))
  } catch (error) {
    // Another process created it first.
    if (!hasCode(error, '42P04') && !hasCode(error, '23505')) throw error
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

if (process.argv[1] === import.meta.filename) {
  const { loadSettings } = await import('../lib/start/settings-file.mjs')
  loadSettings()
  const url = process.env.DATABASE_URL
  if (!url) throw new Error('Set DATABASE_URL to the database that is to be brought up to date.')
  const applied = await migrate(url)
  console.log(applied.length ? `Applied: ${applied.join(', ')}` : 'The database is up to date.')
}
