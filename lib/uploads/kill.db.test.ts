import { readFile, rm, stat } from 'node:fs/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { verify } from '@/lib/admin/verify'
import { db } from '@/lib/db/client'
import { buildRawDisk } from '@/lib/disks/samples'
import { listUnfinishedUploads } from '@/lib/imports/reads'
import { stagedFile } from '@/lib/stores/staging'
import { transferJob } from '@/lib/tasks/transfer'
import { account, lockWaits, quota, region } from '@/lib/testing/builders'
import { otherServer } from './fixtures/other-server'
import { ask, created, offsetOf, patch, patchHeaders, sha256 } from './fixtures/requests'

const disk = buildRawDisk({ sizeMib: 16, label: 'KILL', seed: 77 })
const pieceBytes = 65_536

/** The disk from an offset on, stalling after this many bytes. */
function stallingFrom(offset: number, after: number): ReadableStream<Uint8Array> {
  let at = offset
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (at - offset >= after) return await new Promise(() => {})
      controller.enqueue(new Uint8Array(disk.subarray(at, at + pieceBytes)))
      at += pieceBytes
    },
  })
}

test('repeatedly killing the server during an upload loses neither received bytes nor the quota place', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1)
  const imageId = await created(owner, { region: here, size: disk.length })
  let offset = 0
  for (let round = 1; round <= 4; round++) {
    const server = await otherServer(owner)
    const url = `http://127.0.0.1:${server.port}/api/uploads/${imageId}`
    const sending = fetch(url, {
      method: 'PATCH',
      headers: patchHeaders(offset),
      body: stallingFrom(offset, round * 16 * pieceBytes),
      ...{ duplex: 'half' },
    }).catch(() => null)
    const before = offset
    await expect.poll(async () => (await stat(stagedFile(imageId))).size).toBeGreaterThan(before)
    await server.kill()
    await sending
    // Its lock was released with its connection, and all written bytes equal the disk's.
    await expect.poll(() => offsetOf(owner, imageId)).toBeGreaterThan(before)
    offset = (await offsetOf(owner, imageId)) ?? 0
    expect((await readFile(stagedFile(imageId))).equals(disk.subarray(0, offset))).toBe(true)
    expect(await db().image.findUnique({ where: { id: imageId } })).toMatchObject({ state: 'importing' })
  }
  expect((await patch(owner, imageId, offset, new Uint8Array(disk.subarray(offset)))).status).toBe(204)
  await transferJob({ imageId }, true)
  const image = await db().image.findUnique({ where: { id: imageId } })
  expect(image).toMatchObject({ state: 'available', originSha256: sha256(disk) })
  expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(1)
  expect((await verify()).filter(({ severity }) => severity === 'violation')).toEqual([])
})

test('killing the server after the last byte, before it is recorded, loses neither the disk nor its quota place', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1)
  const imageId = await created(owner, { region: here, size: disk.length })
  // Recording it takes this lock.
  const other = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await other.connect()
  await other.query('BEGIN')
  await other.query('SELECT id FROM "Account" WHERE id = $1 FOR NO KEY UPDATE', [owner.id])
  const server = await otherServer(owner)
  const sending = fetch(`http://127.0.0.1:${server.port}/api/uploads/${imageId}`, {
    method: 'PATCH',
    headers: patchHeaders(0),
    body: new Uint8Array(disk),
  }).catch(() => null)
  const isWaiting = async () => (await lockWaits()) > 0 && (await stat(stagedFile(imageId))).size === disk.length
  await expect.poll(isWaiting).toBe(true)
  await server.kill()
  await Promise.all([other.end(), sending])
  const rowOf = async () => await db().image.findUnique({ where: { id: imageId }, include: { transfer: true } })
  expect(await rowOf()).toMatchObject({ state: 'importing', transfer: { step: 'RECEIVE' } })
  await expect.poll(() => offsetOf(owner, imageId)).toBe(disk.length)
  expect(await rowOf()).toMatchObject({ state: 'importing', transfer: { step: 'CHECK' } })
  await transferJob({ imageId }, true)
  expect(await rowOf()).toMatchObject({ state: 'available', originSha256: sha256(disk) })
  expect((await verify()).filter(({ severity }) => severity === 'violation')).toEqual([])
})

test('an upload whose server was killed before it created the file is listed, and releases its quota place when cancelled', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1)
  const imageId = await created(owner, { region: here, size: disk.length })
  await rm(stagedFile(imageId))
  expect(await listUnfinishedUploads(owner.ctx, { region: here })).toMatchObject({ items: [{ imageId, doneBytes: 0 }] })
  expect((await patch(owner, imageId, 0, new Uint8Array(disk))).status).toBe(404)
  expect((await ask(owner, 'DELETE', `/${imageId}`)).status).toBe(204)
  expect(await created(owner, { region: here, size: disk.length })).toMatch(/^img-/)
})
