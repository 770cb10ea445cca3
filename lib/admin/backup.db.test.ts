import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mintViewer } from '@/lib/auth/viewer'
import { databaseName, withDatabase } from '@/lib/db/beside'
import { db } from '@/lib/db/client'
import { buildQcow2, buildRawDisk } from '@/lib/disks/samples'
import { deleteImage } from '@/lib/images/writes'
import { createRegion } from '@/lib/regions/writes'
import { shareImage } from '@/lib/shares/writes'
import { cancelShare } from '@/lib/shares/writes-end'
import { S3Server } from '@/lib/stores/fixtures/s3-server'
import { importImage } from '@/lib/tasks/import-image'
import { removeBlob } from '@/lib/tasks/remove-blob'
import { inMotion } from '@/lib/testing/builders'
import { checkedImage } from '@/lib/testing/builders-checks'
import { admin, type Fixture, fixture, imported, master, shared } from './admin-fixture'
import { operatorContext } from './operator'

const url = process.env.DATABASE_URL ?? ''
const [bucket, otherBucket] = [new S3Server(), new S3Server()]
let home: string
let backup: string
let made: Fixture

const storeSettings = (server: S3Server) => ({
  ECS_STORE_YY_BUCKET: `s3://images/of/it?endpoint=${server.settings().endpoint}`,
  ECS_STORE_YY_BUCKET_ACCESS_KEY_ID: 'S3RVER',
  ECS_STORE_YY_BUCKET_SECRET_ACCESS_KEY: 'S3RVER',
})

/** A second console: a new database, a data folder, and a bucket of another server. */
const elsewhere = (name: string) => ({
  DATABASE_URL: withDatabase(url, `${databaseName(url)}_${name}`),
  ECS_DATA_DIR: path.join(home, name),
  ...storeSettings(otherBucket),
})

beforeAll(async () => {
  await Promise.all([bucket.start(), otherBucket.start()])
  Object.assign(process.env, storeSettings(bucket))
  home = await mkdtemp(path.join(tmpdir(), 'backup-'))
  backup = path.join(home, 'backup')
  made = await fixture(home)
  await createRegion(operatorContext(), { id: 'yy-bucket', name: 'Bucket' })
})

afterAll(async () => {
  await Promise.all([bucket.stop(), otherBucket.stop()])
  await rm(home, { recursive: true, force: true })
})

/** Imports an image whose bytes no other image has. */
async function importDisk(region: string, seed: number) {
  const owner = await master(`owner-${seed}`)
  const bytes = buildQcow2({ raw: buildRawDisk({ sizeMib: 4, label: 'test', seed }) })
  const input = { region, name: `disk-${seed}`, operatingSystem: 'Linux' }
  const result = await importImage(operatorContext(owner), input, { open: () => Readable.from([bytes]) })
  if (!result.ok) throw new Error(JSON.stringify(result.refusal))
  await checkedImage(result.value.imageId)
  return { imageId: result.value.imageId, owner }
}

/** Every row of every table in a backup, as text. */
async function contents(address: string): Promise<Record<string, string[]>> {
  const client = new pg.Client({ connectionString: address })
  await client.connect()
  try {
    const { rows: tables } = await client.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'Session'`,
    )
    const all: Record<string, string[]> = {}
    for (const { relname } of tables) {
      const { rows } = await client.query(`SELECT to_jsonb(t)::text AS row FROM "${relname}" t ORDER BY 1`)
      all[relname] = rows.map(({ row }) => row)
    }
    return all
  } finally {
    await client.end()
  }
}

it('a backup made while images are shared is restored whole: every rule holds, and no byte is missing', async () => {
  const { image, owner } = await imported(made, 'lender')
  const inBucket = await importDisk('yy-bucket', 2)
  const binned = await importDisk(made.region, 3)
  await shared(made, image.id, owner, ['first', 'second'])
  const gone = { region: null, imageId: binned.imageId, cancelShares: false, typedName: null }
  expect(await deleteImage(operatorContext(binned.owner), gone)).toMatchObject({ ok: true })
  await db().session.create({
    data: { id: 's', accountId: owner.id, createdAt: new Date(), expiresAt: new Date(Date.now() + 1e6) },
  })

  const viewer = mintViewer({ ...owner, kind: 'MASTER', displayName: '', master: null })
  const ctx = () => ({ viewer, now: new Date(), address: null })
  let isOver = false
  let times = 0
  const sharing = (async () => {
    for (; !isOver && times < 150; times++) {
      const input = { region: made.region, imageId: image.id, usernames: ['owner-2'], note: '' }
      const result = await shareImage(ctx(), input)
      if (result.ok) await cancelShare(ctx(), { shareId: result.value[0]?.id ?? '' })
    }
  })()
  const said = await admin(['--json', 'backup', backup])
  isOver = true
  await sharing
  expect(said).toMatchObject({ code: 0 })
  expect(JSON.parse(said.out)).toMatchObject({ blobs: 3, copied: { blobs: 3 } })
  expect(times).toBeGreaterThan(5)

  const place = elsewhere('busy')
  expect(await admin(['restore', backup], '', place)).toMatchObject({ code: 0 })
  expect(await admin(['verify'], '', place)).toMatchObject({ code: 0, out: '0 violations\n' })
  expect((await admin(['image', 'list', '--account', inBucket.owner.username], '', place)).out).toContain('available')
  const { Session, ...rows } = await contents(place.DATABASE_URL)
  expect(Session).toBeUndefined()
  expect(rows.Image?.filter((row) => row.includes('"state": "deleted"'))).toHaveLength(1)
})

it('a second backup into the same folder copies new bytes and removes old ones; its restore equals the original', async () => {
  const again = await importDisk('yy-bucket', 4)
  const removed = await db().image.findFirst({
    where: { name: 'disk-2' },
    select: { id: true, ownerId: true, blobId: true },
  })
  const account = await db().account.findUnique({ where: { id: removed?.ownerId ?? '' } })
  if (!removed?.blobId || !account) throw new Error('There is no such image.')
  const forGood = { region: null, imageId: removed.id, cancelShares: true, typedName: 'disk-2', isForGood: true }
  expect(await deleteImage(operatorContext(account), forGood)).toMatchObject({ ok: true })
  await removeBlob({ blobId: removed.blobId })

  const said = await admin(['--json', 'backup', backup])
  expect(said).toMatchObject({ code: 0 })
  expect(JSON.parse(said.out)).toMatchObject({ blobs: 3, copied: { blobs: 1 } })
  expect(await readdir(path.join(backup, 'blobs/yy-bucket'))).toHaveLength(1)
  expect((await readdir(backup)).filter((name) => name.startsWith('database-'))).toHaveLength(1)

  const place = elsewhere('quiet')
  expect(await admin(['restore', backup], '', place)).toMatchObject({ code: 0 })
  expect(await contents(place.DATABASE_URL)).toEqual(await contents(url))
  // The bucket still has the bytes of the first restore.
  expect((await admin(['verify'], '', place)).out).toContain('orphan')
  // The sequence continues where it was, so further events can be recorded.
  expect(await admin(['image', 'delete', again.imageId, '--for-good'], '', place)).toMatchObject({ code: 0 })
})

it('a restore refuses a database with accounts, and with --force-empty replaces them', async () => {
  const place = elsewhere('quiet')
  const refused = await admin(['restore', backup], '', place)
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.err).toContain('--force-empty')
  expect(await admin(['restore', backup, '--force-empty'], '', place)).toMatchObject({ code: 0 })
  expect(await contents(place.DATABASE_URL)).toEqual(await contents(url))
})

it('a restore refuses a database with other connections', async () => {
  const place = elsewhere('quiet')
  const console_ = new pg.Client({ connectionString: place.DATABASE_URL })
  await console_.connect()
  const refused = await admin(['restore', backup, '--force-empty'], '', place)
  await console_.end()
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('connected to this database')
})

it('a damaged backup changes nothing: a wrong byte in an image or a table, a missing manifest', async () => {
  const place = elsewhere('damaged')
  const folder = path.join(backup, 'blobs', made.region)
  const [name = ''] = await readdir(folder)
  const disk = await readFile(path.join(folder, name))
  await writeFile(
    path.join(folder, name),
    Buffer.concat([disk.subarray(0, -1), Buffer.from([disk.at(-1) === 0 ? 1 : 0])]),
  )
  expect((await admin(['restore', backup], '', place)).err).toContain('is damaged: blobs/')
  await writeFile(path.join(folder, name), disk)

  const [database = ''] = (await readdir(backup)).filter((entry) => entry.startsWith('database-'))
  const accounts = path.join(backup, database, 'Account.copy')
  const rows = await readFile(accounts)
  await appendFile(accounts, rows)
  expect((await admin(['restore', backup], '', place)).err).toContain('Account.copy does not match its checksum')
  await writeFile(accounts, rows)

  const manifest = path.join(backup, 'manifest.json')
  const text = await readFile(manifest)
  await rm(manifest)
  expect((await admin(['restore', backup], '', place)).err).toContain('holds no whole backup')
  await writeFile(manifest, text)

  await expect(stat(path.join(place.ECS_DATA_DIR, 'stores'))).rejects.toMatchObject({ code: 'ENOENT' })
  expect((await contents(place.DATABASE_URL)).Account).toEqual([])
})

it('work that was running during the backup is resumed or failed after the restore, and never waits for ever', async () => {
  const { image } = await imported(made, 'waiting')
  await db().image.update({ where: { id: image.id }, data: { state: 'copying', ...inMotion('copying') } })
  expect((await admin(['backup', backup])).code).toBe(0)
  const place = elsewhere('waiting')
  expect((await admin(['restore', backup], '', place)).code).toBe(0)
  const client = new pg.Client({ connectionString: place.DATABASE_URL })
  await client.connect()
  const { rows } = await client.query(`SELECT "patienceMs" FROM "Transfer"`)
  await client.end()
  expect(rows).toEqual([{ patienceMs: 0 }])
  await db().image.update({ where: { id: image.id }, data: { state: 'available', transfer: { delete: true } } })
})

it('an image that comes and goes while the backup runs is in it whole or not at all', async () => {
  const blobOf = async (imageId: string) => (await db().image.findUnique({ where: { id: imageId } }))?.blobId ?? ''
  const first = await blobOf((await importDisk('yy-bucket', 20)).imageId)
  let late: { imageId: string; blobId: string } | undefined
  let isRemoved = false
  bucket.before = async ({ method, url = '' }) => {
    if (method !== 'GET') return false
    // After the backup has listed the blobs, and before the snapshot of its rows.
    if (!late && url.includes(first)) {
      const { imageId } = await importDisk('yy-bucket', 21)
      late = { imageId, blobId: await blobOf(imageId) }
    }
    // After that snapshot, which names it.
    if (late && !isRemoved && url.includes(late.blobId)) {
      isRemoved = true
      const forGood = { region: null, imageId: late.imageId, cancelShares: false, typedName: null, isForGood: true }
      await deleteImage(operatorContext(await master('owner-21')), forGood)
      await removeBlob({ blobId: late.blobId })
    }
    return false
  }
  const said = await admin(['backup', backup])
  bucket.before = () => false
  expect(said.code).toBe(0)
  expect(isRemoved).toBe(true)
  const manifest = await readFile(path.join(backup, 'manifest.json'), 'utf8')
  expect(manifest).toContain(first)
  expect(manifest).not.toContain(late?.blobId)
  const place = elsewhere('late')
  expect((await admin(['restore', backup], '', place)).code).toBe(0)
  expect(await contents(place.DATABASE_URL)).toEqual(await contents(url))
})

it('a folder with other files is refused, and bytes that are damaged in the store are not backed up', async () => {
  expect((await admin(['backup', home])).err).toContain('holds something else')
  const { imageId } = await importDisk(made.region, 9)
  const image = await db().image.findUnique({ where: { id: imageId }, select: { blob: true } })
  const file = path.join(
    process.env.ECS_DATA_DIR ?? '',
    'stores',
    made.region,
    `${image?.blob?.sha256}.${image?.blob?.id}`,
  )
  const whole = await readFile(file)
  await writeFile(file, Buffer.alloc(whole.length))
  const before = await readFile(path.join(backup, 'manifest.json'), 'utf8')
  const refused = await admin(['backup', backup])
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('could not be copied completely')
  expect(await readFile(path.join(backup, 'manifest.json'), 'utf8')).toBe(before)
})
