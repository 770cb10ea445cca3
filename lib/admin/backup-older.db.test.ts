import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { databaseName, withDatabase } from '@/lib/db/beside'
import { db } from '@/lib/db/client'
import { farAway } from '@/lib/testing/builders'
import { migrationNames } from '@/prisma/migrate'
import { admin, fixture, imported } from './admin-fixture'

const home = await mkdtemp(path.join(tmpdir(), 'older-'))
const backup = path.join(home, 'backup')
afterAll(() => rm(home, { recursive: true }))

type Dump = { name: string; columns: string[]; rows: number; sha256: string }

/** Makes a backup what a console would have made that knew only some migrations: without columns that came later. */
async function makeOlder(migrations: string[], later: Record<string, string[]>): Promise<void> {
  const file = path.join(backup, 'manifest.json')
  const manifest = JSON.parse(await readFile(file, 'utf8'))
  const tables: Dump[] = await Promise.all(
    manifest.tables.map(async (dump: Dump) => {
      const rowsFile = path.join(backup, manifest.database, `${dump.name}.copy`)
      const isKept = dump.columns.map((column) => !later[dump.name]?.includes(column))
      const rows = (await readFile(rowsFile, 'utf8')).trimEnd().split('\n').filter(Boolean)
      const kept = rows.map((row) => row.split('\t')).filter((fields) => !isOfLaterMigration(dump, fields, migrations))
      const text = kept.map((fields) => `${fields.filter((_, index) => isKept[index]).join('\t')}\n`).join('')
      await writeFile(rowsFile, text)
      const columns = dump.columns.filter((_, index) => isKept[index])
      return { ...dump, columns, rows: kept.length, sha256: createHash('sha256').update(text).digest('hex') }
    }),
  )
  await writeFile(file, JSON.stringify({ ...manifest, migrations, tables }))
}

function isOfLaterMigration({ name, columns }: Dump, fields: string[], migrations: string[]): boolean {
  return name === '_prisma_migrations' && !migrations.includes(fields[columns.indexOf('migration_name')] ?? '')
}

test('a backup of an older console is restored, brought up to date, and what was in motion in it is taken up again', async () => {
  const { image } = await imported(await fixture(home), 'older')
  await db().image.update({ where: { id: image.id }, data: { state: 'copying', leaseUntil: farAway } })
  expect((await admin(['backup', backup])).code).toBe(0)
  const [first = ''] = migrationNames()
  await makeOlder([first], { Image: ['leaseHolder'] })
  const url = process.env.DATABASE_URL ?? ''
  const place = {
    DATABASE_URL: withDatabase(url, `${databaseName(url)}_older`),
    ECS_DATA_DIR: path.join(home, 'elsewhere'),
  }
  const restored = await admin(['restore', backup], '', place)
  expect(restored).toMatchObject({ code: 0 })
  const client = new pg.Client({ connectionString: place.DATABASE_URL })
  await client.connect()
  const { rows } = await client.query(`SELECT id, "leaseHolder", "leaseUntil" < now() AS "isOver" FROM "Image"`)
  await client.end()
  expect(rows).toEqual([{ id: image.id, leaseHolder: null, isOver: true }])
})
