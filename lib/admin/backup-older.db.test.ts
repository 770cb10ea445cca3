import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { beside, databaseName, dropDatabase, withDatabase } from '@/lib/db/beside'
import { db } from '@/lib/db/client'
import { inMotion } from '@/lib/testing/builders'
import { layTables, migrationNames } from '@/prisma/migrate'
import { admin, fixture, imported } from './admin-fixture'

const home = await mkdtemp(path.join(tmpdir(), 'older-'))
const backup = path.join(home, 'backup')
afterAll(() => rm(home, { recursive: true }))

type Dump = { name: string; columns: string[]; rows: number; sha256: string }

/** The tables with their columns, and the sequences, of a console with only some of the migrations. */
async function knownWith(migrations: string[]) {
  const url = `${process.env.DATABASE_URL}_known`
  await beside(url, (client) => client.query(`CREATE DATABASE ${client.escapeIdentifier(databaseName(url))}`))
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await layTables(client, migrations)
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT table_name AS name, array_agg(column_name::text) AS columns FROM information_schema.columns
     WHERE table_schema = 'public' GROUP BY 1`,
  )
  const sequences = await client.query<{ name: string }>(
    `SELECT sequence_name AS name FROM information_schema.sequences WHERE sequence_schema = 'public'`,
  )
  await client.end()
  await dropDatabase(url)
  return {
    tables: new Map(rows.map(({ name, columns }) => [name, columns])),
    sequences: new Set(sequences.rows.map(({ name }) => name)),
  }
}

type Rows = { columns: string[]; rows: string[][] }

/**
 * Rewrites a backup as a console with only some migrations would have made it: without later tables and columns, and with other
 * rows in tables that had another form.
 */
async function makeOlder(migrations: string[], later: Record<string, string[]>, was: Record<string, Rows>) {
  const { tables: known, sequences } = await knownWith(migrations)
  const file = path.join(backup, 'manifest.json')
  const manifest = JSON.parse(await readFile(file, 'utf8'))
  const tables: Dump[] = await Promise.all(
    manifest.tables
      .filter(({ name }: Dump) => known.has(name))
      .map(async (dump: Dump) => {
        const rowsFile = path.join(backup, manifest.database, `${dump.name}.copy`)
        const earlier = was[dump.name]
        if (earlier) return { name: dump.name, ...(await writeRows(rowsFile, earlier)) }
        const isKept = dump.columns.map(
          (column) => known.get(dump.name)?.includes(column) && !later[dump.name]?.includes(column),
        )
        const rows = (await readFile(rowsFile, 'utf8')).trimEnd().split('\n').filter(Boolean)
        const kept = rows
          .map((row) => row.split('\t'))
          .filter((fields) => !isOfLaterMigration(dump, fields, migrations))
        const columns = dump.columns.filter((_, index) => isKept[index])
        const fieldsOf = (fields: string[]) => fields.filter((_, index) => isKept[index])
        return { ...dump, ...(await writeRows(rowsFile, { columns, rows: kept.map(fieldsOf) })) }
      }),
  )
  const kept = manifest.sequences.filter(({ name }: { name: string }) => sequences.has(name))
  await writeFile(file, JSON.stringify({ ...manifest, migrations, tables, sequences: kept }))
}

async function writeRows(file: string, { columns, rows }: Rows): Promise<Omit<Dump, 'name'>> {
  const text = rows.map((fields) => `${fields.join('\t')}\n`).join('')
  await writeFile(file, text)
  return { columns, rows: rows.length, sha256: createHash('sha256').update(text).digest('hex') }
}

function isOfLaterMigration({ name, columns }: Dump, fields: string[], migrations: string[]): boolean {
  return name === '_prisma_migrations' && !migrations.includes(fields[columns.indexOf('migration_name')] ?? '')
}

test('a backup of an older console is restored and migrated, and its running work is resumed', async () => {
  const { image, owner } = await imported(await fixture(home), 'older')
  await db().image.update({ where: { id: image.id }, data: { state: 'copying', ...inMotion('copying') } })
  expect((await admin(['backup', backup])).code).toBe(0)
  const [first = ''] = migrationNames()
  // These columns had to have values then.
  const later = { Image: ['bootMode', 'minDiskGib', 'minMemoryMib'] }
  const quota = { columns: ['accountId', 'regionId', 'images'], rows: [[owner.id, image.region, '7']] }
  await makeOlder([first], later, { Quota: quota })
  const url = process.env.DATABASE_URL ?? ''
  const place = {
    DATABASE_URL: withDatabase(url, `${databaseName(url)}_older`),
    ECS_DATA_DIR: path.join(home, 'elsewhere'),
  }
  const restored = await admin(['restore', backup], '', place)
  expect(restored).toMatchObject({ code: 0 })
  // The trail includes events from before there was an audit trail.
  const trails = await admin(['audit', 'verify', '--json'], '', place)
  expect(trails).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(trails.out)).toContainEqual(
    expect.objectContaining({ username: 'older', accountId: owner.id, entries: 3, fault: null }),
  )
  const client = new pg.Client({ connectionString: place.DATABASE_URL })
  await client.connect()
  const { rows } = await client.query(`SELECT "imageId", kind, step, "leaseHolder", "patienceMs" FROM "Transfer"`)
  const quotas = await client.query('SELECT "accountId", "regionId", resource, amount FROM "Quota"')
  await client.end()
  expect(quotas.rows).toEqual([{ accountId: owner.id, regionId: image.region, resource: 'images', amount: '7' }])
  expect(rows).toEqual([{ imageId: image.id, kind: 'COPY', step: 'STORE', leaseHolder: null, patienceMs: 0 }])
})
