import 'server-only'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { writeDurably } from '@/lib/stores/durable'
import type { BlobDump, SequenceDump, TableDump } from './backup-manifest'

/** Sessions and their tickets are left out: people can sign in again, and a restore must not revive a revoked session. */
const leftOut = ['Session', 'ViewTicket']

type Table = { name: string; columns: string[]; refersTo: string[] }

/** Writes a file for each table, in the snapshot of the caller's transaction. */
export async function dumpTables(client: pg.Client, fileOf: (table: string) => string): Promise<TableDump[]> {
  const dumps: TableDump[] = []
  for (const table of inOrder(await listTables(client))) dumps.push(await dumpTable(client, table, fileOf(table.name)))
  return dumps
}

async function dumpTable(client: pg.Client, { name, columns }: Table, file: string): Promise<TableDump> {
  const rows = client.query(copyTo(`COPY ${target(client, { name, columns })} TO STDOUT`))
  const hash = createHash('sha256')
  async function* hashed() {
    for await (const chunk of rows) {
      hash.update(chunk)
      yield chunk
    }
  }
  await writeDurably(file, hashed())
  return { name, columns, rows: rows.rowCount, sha256: hash.digest('hex') }
}

async function listTables(client: pg.Client): Promise<Table[]> {
  const { rows } = await client.query<Table>(
    `SELECT c.relname AS name,
       ARRAY(SELECT attname::text FROM pg_attribute a
         WHERE a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum) AS columns,
       ARRAY(SELECT t.relname::text FROM pg_constraint f JOIN pg_class t ON t.oid = f.confrelid
         WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid) AS "refersTo"
     FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
       AND c.relname <> ALL($1) AND ${isOwn('pg_class')} ORDER BY c.relname`,
    [leftOut],
  )
  return rows
}

export function isOwn(catalog: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = c.oid AND d.deptype = 'e')`
}

function inOrder(tables: Table[]): Table[] {
  const ordered: Table[] = []
  const has = (name: string) => ordered.some((table) => table.name === name)
  while (ordered.length < tables.length) {
    const next = tables.find((table) => !has(table.name) && table.refersTo.every(has))
    if (!next) throw new Error('The foreign keys of tables form a cycle.')
    ordered.push(next)
  }
  return ordered
}

/** The position of each sequence. Sequences ignore transactions, so a value may be later than the snapshot. */
export async function dumpSequences(client: pg.Client): Promise<SequenceDump[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'
       AND ${isOwn('pg_class')} ORDER BY relname`,
  )
  const dumps: SequenceDump[] = []
  for (const { name } of rows) {
    const found = await client.query(
      `SELECT last_value::text AS last, is_called AS "isCalled" FROM ${client.escapeIdentifier(name)}`,
    )
    dumps.push({ name, ...found.rows[0] })
  }
  return dumps
}

export async function listMigrations(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ migration_name: string }>(
    `SELECT migration_name FROM _prisma_migrations
     WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY migration_name`,
  )
  return rows.map((row) => row.migration_name)
}

export async function listBlobs(client: pg.Client): Promise<BlobDump[]> {
  const { rows } = await client.query<Omit<BlobDump, 'size'> & { size: string }>(
    `SELECT id, "regionId" AS region, sha256, size::text AS size FROM "Blob" WHERE state = 'ready' ORDER BY id`,
  )
  return rows.map((row) => ({ ...row, size: Number(row.size) }))
}

export async function loadTable(client: pg.Client, table: TableDump, file: string): Promise<void> {
  const rows = client.query(copyFrom(`COPY ${target(client, table)} FROM STDIN`))
  await pipeline(createReadStream(file, { highWaterMark: 2 ** 20 }), rows)
  if (rows.rowCount !== table.rows) throw new Error(`${table.name} has ${rows.rowCount} rows instead of ${table.rows}.`)
}

export async function loadSequence(client: pg.Client, { name, last, isCalled }: SequenceDump): Promise<void> {
  await client.query('SELECT setval($1::regclass, $2::bigint, $3)', [client.escapeIdentifier(name), last, isCalled])
}

function target(client: pg.Client, { name, columns }: { name: string; columns: string[] }): string {
  return `${client.escapeIdentifier(name)} (${columns.map((column) => client.escapeIdentifier(column)).join(', ')})`
}
