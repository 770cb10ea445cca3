import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { beside, databaseName, dropDatabase, withDatabase } from '@/lib/db/beside'
import { layTables, migrationNames } from './migrate'

// Quotas used to be two columns: the values that the operator set must survive the migration.

const older = withDatabase(process.env.DATABASE_URL ?? '', `older_${randomBytes(4).toString('hex')}`)
afterAll(() => dropDatabase(older))

test('quota columns become rows with the same values, and an unset one keeps the default', async () => {
  await beside(older, (client) => client.query(`create database ${client.escapeIdentifier(databaseName(older))}`))
  const client = new pg.Client({ connectionString: older })
  await client.connect()
  const names = migrationNames()
  const came = names.findIndex((name) => name.endsWith('_quotas_by_resource'))
  await layTables(client, names.slice(0, came))
  await client.query(`
    INSERT INTO "Region" (id, name, "createdAt") VALUES ('xx-here', 'Here', now()), ('xx-there', 'There', now());
    INSERT INTO "Account" (id, username, kind, "displayName", email, "passwordHash", "createdAt")
      VALUES ('acc-1', 'owner', 'MASTER', 'Owner', '', '-', now());
    INSERT INTO "Quota" ("accountId", "regionId", images, bytes)
      VALUES ('acc-1', 'xx-here', 7, NULL), ('acc-1', 'xx-there', 0, 1125899906842624)`)
  await layTables(client, names.slice(came))
  const { rows } = await client.query(
    `SELECT "accountId", "regionId", resource, amount FROM "Quota" ORDER BY "regionId", resource DESC`,
  )
  await client.end()
  expect(rows).toEqual([
    { accountId: 'acc-1', regionId: 'xx-here', resource: 'images', amount: '7' },
    { accountId: 'acc-1', regionId: 'xx-there', resource: 'images', amount: '0' },
    { accountId: 'acc-1', regionId: 'xx-there', resource: 'bytes', amount: '1125899906842624' },
  ])
})
