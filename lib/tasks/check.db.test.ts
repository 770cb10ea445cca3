import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { blobKey } from '@/lib/blobs/rules'
import { requestCheck } from '@/lib/checks/writes'
import { claimCheck } from '@/lib/checks/writes-run'
import { db } from '@/lib/db/client'
import { buildRawDisk } from '@/lib/disks/samples'
import { env } from '@/lib/env'
import { deleteImage } from '@/lib/images/writes'
import { S3Server } from '@/lib/stores/fixtures/s3-server'
import { listStaged, receiveStaged } from '@/lib/stores/staging'
import { account, bucketRegion, newSeed, nth, region } from '@/lib/testing/builders'
import { newSecret, plantedDisk, storedRaw } from '@/lib/testing/builders-planted'
import { leaseMs } from '@/lib/transfers/rules'
import { checkJob } from './check'
import { removeBlob } from './remove-blob'
import { queueNeverChecked, sweepChecks } from './sweep-checks'

const server = new S3Server()
await server.start()
afterAll(async () => await server.stop())

const rowOf = async (sha256: string) => await db().check.findUnique({ where: { sha256 }, include: { found: true } })
const run = async (sha256: string) => await checkJob({ sha256 }, true)
const clean = () => buildRawDisk({ sizeMib: 4, label: 'CLEAN', seed: newSeed() })

async function leaseAges(sha256: string): Promise<void> {
  await db().$executeRaw`
    UPDATE "Check" SET "renewedAt" = "renewedAt" - ${leaseMs + 1_000} * interval '1 millisecond' WHERE sha256 = ${sha256}`
}

/** The complete contents of the database, as text. */
async function everything(): Promise<string> {
  const tables = await db().$queryRaw<{ name: string }[]>`
    SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema IN ('public', 'graphile_worker')`
  const rows = await Promise.all(
    tables.map(({ name }) => db().$queryRawUnsafe<{ row: string }[]>(`SELECT t::text AS row FROM ${name} t`)),
  )
  return rows
    .flat()
    .map(({ row }) => row)
    .join('\n')
}

async function jobs(sha256: string): Promise<number> {
  const rows = await db().$queryRaw`SELECT id::text FROM graphile_worker.jobs WHERE key = ${`check-disk ${sha256}`}`
  return Array.isArray(rows) ? rows.length : 0
}

describe('a new disk', () => {
  it('is queued by itself, found clean, and checked once for all images of the same bytes', async () => {
    const [here, there, owner] = await Promise.all([region(), region(), account()])
    const disk = clean()
    const { sha256 } = await storedRaw(owner, here, disk)
    expect(await rowOf(sha256)).toMatchObject({ state: 'running', isQueued: true })
    expect(await jobs(sha256)).toBe(1)
    await Promise.all([run(sha256), run(sha256), run(sha256)])
    const row = await rowOf(sha256)
    expect(row).toMatchObject({ state: 'clean', reason: null, isQueued: false, tries: 1, leaseHolder: null, found: [] })
    await storedRaw(await account(), there, disk)
    await run(sha256)
    expect((await rowOf(sha256))?.endedAt).toEqual(row?.endedAt)
  })

  it('with a private key is reported with the path, and nothing of the key is stored anywhere', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const secret = newSecret()
    const { sha256 } = await storedRaw(owner, here, plantedDisk(secret))
    await run(sha256)
    const row = await rowOf(sha256)
    expect(row).toMatchObject({ state: 'findings', critical: 1, isQueued: false })
    expect(row?.found).toMatchObject([{ rule: 'ssh-private-key', severity: 'critical' }])
    expect(nth(row?.found ?? [], 0).path.toUpperCase()).toBe('SERVER.KEY')
    const written = await everything()
    expect(written).toContain(sha256)
    for (let at = 0; at + 12 <= secret.length; at += 4) expect(written).not.toContain(secret.slice(at, at + 12))
  })

  it('in a bucket is downloaded, checked, and leaves no copy', async () => {
    const [here, owner] = await Promise.all([bucketRegion(server), account()])
    const { sha256 } = await storedRaw(owner, here, plantedDisk(newSecret()))
    await run(sha256)
    expect(await rowOf(sha256)).toMatchObject({ state: 'findings', critical: 1 })
    expect(await listStaged()).toEqual([])
  })

  it('that is damaged is checked as it is, and bytes missing from a bucket fail the check', async () => {
    const [here, bucket, owner] = await Promise.all([region(), bucketRegion(server), account()])
    const { sha256 } = await storedRaw(owner, here, clean())
    const blob = await db().blob.findFirstOrThrow({ where: { sha256 } })
    await writeFile(path.join(env().ECS_DATA_DIR, 'stores', here, blobKey(blob)), Buffer.alloc(4096, 'rot'))
    await run(sha256)
    expect(await rowOf(sha256)).toMatchObject({ state: 'unchecked', isQueued: false })
    const other = await storedRaw(owner, bucket, clean())
    await db().blob.updateMany({ where: { sha256: other.sha256 }, data: { id: 'blb-0000000000' } })
    await run(other.sha256)
    expect(await rowOf(other.sha256)).toMatchObject({ state: 'failed', isQueued: false })
  })

  it('deleted while it waits loses its check with its bytes', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const { imageId, sha256 } = await storedRaw(owner, here, clean())
    const input = { region: here, imageId, cancelShares: false, typedName: null, isForGood: true }
    expect(await deleteImage(owner.ctx, input)).toMatchObject({ ok: true })
    for (const { id } of await db().blob.findMany({ where: { sha256 } })) await removeBlob({ blobId: id })
    await run(sha256)
    expect(await rowOf(sha256)).toBeNull()
  })

  it('deleted during its check leaves no check and throws nothing, in any order', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    for (let round = 0; round < 6; round++) {
      const { imageId, sha256 } = await storedRaw(owner, here, clean())
      const remove = async () => {
        await deleteImage(owner.ctx, { region: here, imageId, cancelShares: false, typedName: null, isForGood: true })
        for (const { id } of await db().blob.findMany({ where: { sha256 } })) await removeBlob({ blobId: id })
      }
      await Promise.all([run(sha256), remove()])
      await sweepChecks()
      expect(await rowOf(sha256)).toBeNull()
    }
  })
})

it('a check whose worker died is requeued, and its leftover copy is removed', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const { imageId, sha256 } = await storedRaw(owner, here, clean())
  await db().$queryRaw`SELECT graphile_worker.remove_job(${`check-disk ${sha256}`})::text`
  const dead = await claimCheck(sha256)
  const copy = `check-${dead?.work.holder}`
  await receiveStaged(copy, Readable.from([Buffer.from('half')]), { sizeMax: 10 })
  await sweepChecks()
  expect((await listStaged()).map((file) => file.imageId)).toEqual([copy])
  await leaseAges(sha256)
  await sweepChecks()
  expect(await jobs(sha256)).toBe(1)
  await sweepChecks()
  expect(await listStaged()).toEqual([])
  await run(sha256)
  expect(await rowOf(sha256)).toMatchObject({ state: 'clean', isQueued: false, tries: 2 })
  // A new request runs it again, even with the same rules.
  await requestCheck(owner.ctx, { region: here, imageId, isDeep: false })
  await run(sha256)
  expect(await rowOf(sha256)).toMatchObject({ state: 'clean', isQueued: false, tries: 1 })
})

it('an unreachable store fails the check after its tries', async () => {
  const away = new S3Server()
  await away.start()
  const [here, owner] = await Promise.all([bucketRegion(away), account()])
  const { sha256 } = await storedRaw(owner, here, clean())
  await away.stop()
  await expect(checkJob({ sha256 }, false)).rejects.toThrow()
  expect(await rowOf(sha256)).toMatchObject({ state: 'running', isQueued: true, leaseHolder: null })
  await run(sha256)
  expect(await rowOf(sha256)).toMatchObject({ state: 'failed', reason: 'STORE_UNREACHABLE', isQueued: false })
})

it('images older than the checks are queued when a worker starts', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const { sha256 } = await storedRaw(owner, here, clean())
  await db().check.delete({ where: { sha256 } })
  await queueNeverChecked(new Date())
  expect(await rowOf(sha256)).toMatchObject({ state: 'running', isQueued: true })
})
