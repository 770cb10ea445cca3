import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { mintViewer } from '@/lib/auth/viewer'
import { beside, databaseName, dropDatabase, withDatabase } from '@/lib/db/beside'
import { db } from '@/lib/db/client'
import { buildQcow2, buildRawDisk } from '@/lib/disks/samples'
import { findUpload } from '@/lib/imports/reads'
import { endReceiving } from '@/lib/imports/writes'
import { receiveStaged } from '@/lib/stores/staging'
import { storeOf } from '@/lib/stores/store'
import { sweepImages } from '@/lib/tasks/sweep-images'
import { transferJob } from '@/lib/tasks/transfer'
import { leasesAge } from '@/lib/testing/builders'
import { leaseMs } from '@/lib/transfers/rules'
import { layTables, migrate, migrationNames } from './migrate'

// A migration while transfers are running: the tables and rows of the previous version, worked on by this one.

const older = withDatabase(process.env.DATABASE_URL ?? '', `older_${randomBytes(4).toString('hex')}`)
process.env.DATABASE_URL = older
afterAll(async () => {
  await db().$disconnect()
  await dropDatabase(older)
})

const disk = buildQcow2({ raw: buildRawDisk({ sizeMib: 4, label: 'OLDER', seed: 4_000 }) })
const source = { id: 'blb-source', sha256: createHash('sha256').update(disk).digest('hex'), size: disk.length }
const transfers = migrationNames().findIndex((name) => name.endsWith('_transfers'))
const before = migrationNames().slice(0, transfers)

/** A database as the previous version of the console left it. */
async function olderConsole(): Promise<pg.Client> {
  await beside(older, (client) => client.query(`create database ${client.escapeIdentifier(databaseName(older))}`))
  const client = new pg.Client({ connectionString: older })
  await client.connect()
  await layTables(client, before)
  for (const name of before) {
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at)
       VALUES ($1::uuid, '', $2, now())`,
      [crypto.randomUUID(), name],
    )
  }
  await client.query(`
    INSERT INTO "Region" (id, name, "createdAt") VALUES ('xx-here', 'Here', now()), ('xx-there', 'There', now());
    INSERT INTO "Account" (id, username, kind, "displayName", email, "passwordHash", "createdAt")
      VALUES ('acc-1', 'owner', 'MASTER', 'Owner', '', '-', now())`)
  await insert(client, 'Blob', {
    ...source,
    regionId: 'xx-here',
    format: 'qcow2',
    virtualSize: 4 * 2 ** 20,
    state: 'ready',
  })
  return client
}

async function insert(client: pg.Client, table: string, row: Record<string, unknown>): Promise<void> {
  const names = Object.keys(row).map((name) => `"${name}"`)
  const values = names.map((_, index) => `$${index + 1}`)
  const sql = `INSERT INTO "${table}" (${names}, "createdAt", "updatedAt") VALUES (${values}, now(), now())`
  await client.query(sql, Object.values(row))
}

test('imports at each of their steps, and copies, that ran before the migration are finished after it', async () => {
  const client = await olderConsole()
  const image = async (id: string, columns: Record<string, unknown>) =>
    await insert(client, 'Image', {
      ...{ id, ownerId: 'acc-1', regionId: 'xx-here', name: id, operatingSystem: 'Debian 12', source: 'IMPORT' },
      ...columns,
    })
  const leaseUntil = new Date(Date.now() + leaseMs)
  const held = { leaseHolder: 'a worker', leaseUntil }
  const arrived = { state: 'importing', originName: 'a.img', originSize: disk.length, doneBytes: 5, totalBytes: 100 }
  await image('img-receive', { state: 'importing', step: 'RECEIVE', originName: 'a.img', totalBytes: 9, leaseUntil })
  await image('img-queued', { ...arrived, step: 'CHECK', leaseUntil })
  await image('img-check', { ...arrived, ...held, step: 'CHECK' })
  await image('img-convert', { ...arrived, ...held, step: 'CONVERT' })
  await image('img-store', { ...arrived, ...held, step: 'STORE' })
  await image('img-source', { state: 'available', blobId: source.id, sha256: source.sha256, size: source.size })
  const copy = {
    state: 'copying',
    source: 'COPY',
    regionId: 'xx-there',
    copyOfId: 'img-source',
    copyOfRegionId: 'xx-here',
  }
  await image('img-copy-held', { ...copy, ...held, doneBytes: 5, totalBytes: disk.length })
  await image('img-copy-queued', { ...copy, leaseUntil, totalBytes: disk.length })
  await client.end()
  await storeOf('xx-here').put(`${source.sha256}.${source.id}`, Readable.from([disk]), { size: disk.length })

  expect(await migrate(older)).toContain(migrationNames()[transfers])
  const steps = await db().transfer.findMany({ orderBy: { imageId: 'asc' } })
  expect(steps.map(({ imageId, kind, step, leaseHolder }) => `${imageId} ${kind} ${step} ${leaseHolder}`)).toEqual([
    'img-check IMPORT CHECK a worker',
    'img-convert IMPORT CONVERT a worker',
    'img-copy-held COPY STORE a worker',
    'img-copy-queued COPY STORE null',
    'img-queued IMPORT CHECK null',
    'img-receive IMPORT RECEIVE null',
    'img-store IMPORT STORE a worker',
  ])
  for (const { patienceMs } of steps) expect(patienceMs).toBeGreaterThan(leaseMs / 2)

  const ctx = {
    viewer: mintViewer({ id: 'acc-1', username: 'owner', kind: 'MASTER', displayName: 'Owner', master: null }),
    now: new Date(),
    address: null,
  }
  for (const { imageId, kind } of steps)
    if (kind === 'IMPORT') await receiveStaged(imageId, Readable.from([disk]), { sizeMax: disk.length })
  expect(await findUpload(ctx, 'img-receive')).toEqual({ region: 'xx-here', size: 9 })
  const received = { size: disk.length, sha256: null, claimedSha256: null }
  expect(await endReceiving(ctx, { imageId: 'img-receive', holder: null }, received)).toMatchObject({ ok: true })
  for (const { imageId } of steps) await transferJob({ imageId }, true)
  const available = async () =>
    (await db().image.findMany({ where: { state: 'available' }, orderBy: { id: 'asc' } })).map(({ id }) => id)
  // A transfer with a holder keeps it until its lease expires.
  expect(await available()).toEqual(['img-copy-queued', 'img-queued', 'img-receive', 'img-source'])
  await leasesAge(leaseMs + 1)
  await sweepImages(new Date())
  for (const { imageId } of steps) await transferJob({ imageId }, true)
  expect(await available()).toHaveLength(steps.length + 1)
  expect(await db().transfer.count()).toBe(0)
})
