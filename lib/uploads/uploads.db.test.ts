import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { db } from '@/lib/db/client'
import { buildQcow2, buildRawDisk } from '@/lib/disks/samples'
import { env } from '@/lib/env'
import { listUnfinishedUploads } from '@/lib/imports/reads'
import { uploadPatienceMs } from '@/lib/imports/rules'
import { stagedFile } from '@/lib/stores/staging'
import { sweepImages } from '@/lib/tasks/sweep-images'
import { transferJob } from '@/lib/tasks/transfer'
import { account, leasesAge, quota, region } from '@/lib/testing/builders'
import { otherServer } from './fixtures/other-server'
import { ask, create, created, offsetOf, patch, patchHeaders, refusalOf, sha256 } from './fixtures/requests'

process.env.ECS_IMAGE_SIZE_MAX = '64MiB'

const raw = buildRawDisk({ sizeMib: 16, label: 'DEBIAN', seed: 1 })
const disk = raw
const small = buildQcow2({ raw: buildRawDisk({ sizeMib: 4, label: 'SMALL', seed: 2 }) })
const rowOf = async (id: string) => await db().image.findUnique({ where: { id }, include: { transfer: true } })
const usedIn = async (here: string) => await db().image.count({ where: { regionId: here, NOT: { state: 'failed' } } })
const staged = async (id: string) => {
  const folder = path.join(env().ECS_DATA_DIR, 'staging')
  return existsSync(folder) ? (await readdir(folder)).filter((name) => name.startsWith(id)) : []
}

/** A quota of one image, so that a place that is not released is noticed. */
async function tenant() {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1)
  return { here, owner }
}

/** A body that breaks off after some bytes, as on a network failure. */
function brokenAfter(bytes: Uint8Array, count: number): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= count) return controller.error(new Error('The connection is gone.'))
      controller.enqueue(new Uint8Array(bytes.subarray(at, Math.min(at + 65_536, count))))
      at += 65_536
    },
  })
}

describe('an upload', () => {
  it('of more than 10 MB takes its quota place at once, and becomes an available image', async () => {
    const { here, owner } = await tenant()
    const imageId = await created(owner, { region: here, size: disk.length })
    expect(await rowOf(imageId)).toMatchObject({
      state: 'importing',
      originName: 'web-01.qcow2',
      transfer: { step: 'RECEIVE' },
    })
    expect(await refusalOf(await create(owner, { region: here, size: 1 }))).toMatchObject([
      409,
      { code: 'IMAGE_QUOTA_FULL' },
    ])
    const answer = await patch(owner, imageId, 0, disk, { 'x-file-sha256': sha256(disk) })
    expect([answer.status, answer.headers.get('upload-offset')]).toEqual([204, String(disk.length)])
    expect(sha256(await readFile(stagedFile(imageId)))).toBe(sha256(disk))
    expect(await rowOf(imageId)).toMatchObject({
      claimedSha256: sha256(disk),
      transfer: { step: 'CHECK', leaseHolder: null },
    })
    await transferJob({ imageId }, true)
    expect(await rowOf(imageId)).toMatchObject({ state: 'available', originSha256: sha256(disk) })
    expect(await staged(imageId)).toEqual([])
  })

  it('keeps received bytes when the connection breaks, and resumes from there', async () => {
    const { here, owner } = await tenant()
    const imageId = await created(owner, { region: here, size: disk.length })
    const cut = 9 * 2 ** 20 + 7 * 65_536 + 4_321
    await patch(owner, imageId, 0, brokenAfter(disk, cut)).catch(() => null)
    const offset = (await offsetOf(owner, imageId)) ?? 0
    expect(offset).toBeGreaterThan(cut - 4 * 65_536)
    expect(offset).toBeLessThanOrEqual(cut)
    const listed = await listUnfinishedUploads(owner.ctx, { region: here })
    expect(listed.items).toMatchObject([{ imageId, doneBytes: offset, totalBytes: disk.length }])
    expect((await patch(owner, imageId, 0, disk)).status).toBe(409)
    expect((await patch(owner, imageId, offset, disk.subarray(offset))).status).toBe(204)
    expect(sha256(await readFile(stagedFile(imageId)))).toBe(sha256(disk))
  })

  it('accepts no more bytes than announced', async () => {
    const { here, owner } = await tenant()
    const imageId = await created(owner, { region: here, size: 1_000 })
    expect((await patch(owner, imageId, 0, Buffer.alloc(1_001))).status).toBe(413)
    expect(await rowOf(imageId)).toMatchObject({ transfer: { step: 'RECEIVE' } })
  })

  it('is completed by the next offset request if the process that received its last byte died', async () => {
    const { here, owner } = await tenant()
    const imageId = await created(owner, { region: here, size: small.length })
    await patch(owner, imageId, 0, small)
    await db().image.update({
      where: { id: imageId },
      data: { originSize: null, transfer: { update: { step: 'RECEIVE' } } },
    })
    expect(await offsetOf(owner, imageId)).toBe(small.length)
    expect(await rowOf(imageId)).toMatchObject({ originSize: BigInt(small.length), transfer: { step: 'CHECK' } })
  })

  it('that is complete reports so again, and accepts nothing more', async () => {
    const { here, owner } = await tenant()
    const imageId = await created(owner, { region: here, size: small.length })
    await patch(owner, imageId, 0, small)
    expect(await offsetOf(owner, imageId)).toBe(small.length)
    expect((await patch(owner, imageId, small.length, '')).status).toBe(404)
    await transferJob({ imageId }, true)
    expect(await offsetOf(owner, imageId)).toBe(small.length)
  })

  it("fails if its checksum differs from the browser's, and releases its quota place", async () => {
    const { here, owner } = await tenant()
    const imageId = await created(owner, { region: here, size: small.length })
    await patch(owner, imageId, 0, small, { 'x-file-sha256': sha256(raw) })
    await transferJob({ imageId }, true)
    expect(await rowOf(imageId)).toMatchObject({ state: 'failed', failure: { code: 'CHECKSUM_MISMATCH' } })
    expect([await usedIn(here), await staged(imageId)]).toEqual([0, []])
    expect(await offsetOf(owner, imageId)).toBe(null)
  })

  it('fails after a day of silence, and releases its file and quota place', async () => {
    const { here, owner } = await tenant()
    const imageId = await created(owner, { region: here, size: disk.length })
    await patch(owner, imageId, 0, disk.subarray(0, 100_000))
    await leasesAge(uploadPatienceMs - 60_000, imageId)
    await sweepImages(new Date())
    expect(await rowOf(imageId)).toMatchObject({ state: 'importing' })
    await leasesAge(60_001, imageId)
    await sweepImages(new Date())
    expect(await rowOf(imageId)).toMatchObject({ state: 'failed', failure: { code: 'IMPORT_INTERRUPTED' } })
    expect([await usedIn(here), await staged(imageId)]).toEqual([0, []])
    expect((await patch(owner, imageId, 100_000, disk.subarray(100_000))).status).toBe(404)
  })

  it('releases its quota place and leaves no file when cancelled', async () => {
    const { here, owner } = await tenant()
    const imageId = await created(owner, { region: here, size: disk.length })
    await patch(owner, imageId, 0, disk.subarray(0, 100_000))
    expect((await ask(owner, 'DELETE', `/${imageId}`)).status).toBe(204)
    expect([await rowOf(imageId), await staged(imageId)]).toEqual([null, []])
    expect((await patch(owner, imageId, 100_000, disk.subarray(100_000))).status).toBe(404)
    await created(owner, { region: here, size: 1 })
  })

  it('stops when cancelled while bytes arrive', async () => {
    const { here, owner } = await tenant()
    const imageId = await created(owner, { region: here, size: 2 ** 26 })
    let cancelled: Promise<Response> | undefined
    const endless = new ReadableStream<Uint8Array>({
      async pull(controller) {
        cancelled ??= ask(owner, 'DELETE', `/${imageId}`)
        await cancelled
        await new Promise((resolve) => setImmediate(resolve))
        controller.enqueue(new Uint8Array(1))
      },
    })
    expect((await patch(owner, imageId, 0, endless)).status).toBe(404)
    expect(await staged(imageId)).toEqual([])
  })
})

test('two processes with the same upload never write at once: the later one stops the earlier, whose bytes stay', async () => {
  const { here, owner } = await tenant()
  const imageId = await created(owner, { region: here, size: 2 ** 20 })
  const there = `http://127.0.0.1:${(await otherServer(owner)).port}/api/uploads/${imageId}`
  let hasOtherWritten = () => {}
  const otherHasWritten = new Promise<void>((resolve) => (hasOtherWritten = resolve))
  const piece = new Uint8Array(65_536).fill(97)
  let sent = 0
  const stalled = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (++sent > 4) await otherHasWritten
      controller.enqueue(piece)
      if (sent === 16) controller.close()
    },
  })
  const first = patch(owner, imageId, 0, stalled)
  await expect.poll(async () => (await readFile(stagedFile(imageId))).length).toBeGreaterThan(0)
  const head = await fetch(there, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } })
  const from = Number(head.headers.get('upload-offset'))
  const rest = new Uint8Array(2 ** 20 - from).fill(98)
  const second = await fetch(there, { method: 'PATCH', headers: patchHeaders(from), body: rest })
  hasOtherWritten()
  const ended = await first
  expect([ended.status, ended.headers.get('upload-offset')]).toEqual([204, String(from)])
  expect([second.status, second.headers.get('upload-offset')]).toEqual([204, String(2 ** 20)])
  const expected = Buffer.concat([Buffer.alloc(from, 'a'), rest])
  expect((await readFile(stagedFile(imageId))).equals(expected)).toBe(true)
})

describe('a new upload is refused', () => {
  const bad: [string, object, Record<string, string>, [number, object]][] = [
    ['without a name', { name: ' ' }, {}, [400, { code: 'INVALID_INPUT', field: 'name', problem: 'required' }]],
    ['with a hidden character', { name: 'a\u202eb' }, {}, [400, { field: 'name', problem: 'characters' }]],
    ['without a system', { operatingSystem: '' }, {}, [400, { field: 'operatingSystem' }]],
    ['in a region that is none', { region: '../etc' }, {}, [400, { field: 'region' }]],
    ['in a region that is not there', { region: 'zz-nowhere' }, {}, [404, { code: 'REGION_NOT_FOUND' }]],
    ['of nothing', { size: 0 }, {}, [400, { field: 'size', problem: 'required' }]],
    ['larger than is taken', { size: 64 * 2 ** 20 + 1 }, {}, [413, { code: 'IMAGE_TOO_LARGE', max: 64 * 2 ** 20 }]],
    ['with more words than it needs', { fileName: 'x'.repeat(4_000) }, {}, [400, { field: 'fileName' }]],
    [
      'from another site',
      {},
      { origin: 'https://elsewhere.example' },
      [403, { code: 'NOT_PERMITTED', policy: null, region: null }],
    ],
  ]
  it.each(bad)('%s', async (_, meant, headers, expected) => {
    const { here, owner } = await tenant()
    const answer = await create(owner, { region: here, size: 10, ...meant }, headers)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(await refusalOf(answer)).toMatchObject(expected)
    expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(0)
  })

  it('with more bytes than announced, and keeps neither a quota place nor a file', async () => {
    const { here, owner } = await tenant()
    expect((await create(owner, { region: here, size: 10 }, {}, new Uint8Array(20))).status).toBe(413)
    expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(0)
    expect((await create(owner, { region: here, size: 20 }, {}, new Uint8Array(10))).status).toBe(201)
    const { id } = await db().image.findFirstOrThrow({ where: { ownerId: owner.id } })
    expect(await offsetOf(owner, id)).toBe(10)
  })

  it('without a known length', async () => {
    const { owner } = await tenant()
    const answer = await ask(owner, 'POST', '', { headers: { 'upload-defer-length': '1' } })
    expect(answer.status).toBe(501)
    expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(0)
  })

  it('by a disabled account', async () => {
    const [here, owner] = await Promise.all([region(), account({ disabledAt: new Date() })])
    expect(await refusalOf(await create(owner, { region: here, size: 1 }))).toEqual([401, { code: 'SIGNED_OUT' }])
  })
})
