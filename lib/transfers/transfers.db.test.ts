import { describe, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { uploadPatienceMs } from '@/lib/imports/rules'
import { beginImport, endReceiving } from '@/lib/imports/writes'
import { account, leasesAge, noon, quota, race, region, type TestAccount, tally } from '@/lib/testing/builders'
import { leaseMs, queueMs } from './rules'
import {
  cancelTransfer,
  claimPlace,
  claimTransfer,
  failTransfer,
  reapTransfer,
  releaseTransfer,
  renewTransfer,
  settleTransfer,
} from './writes'

process.env.ECS_DATABASE_POOL = '20'

const importing = (region: string) => ({ region, name: 'web-01', operatingSystem: 'Debian 12' })
const disk = { format: 'qcow2', virtualSize: 4096, size: 1024, sha256: 'a'.repeat(64) } as const
const received = { size: 1024, sha256: null, claimedSha256: null }
const rowOf = async (id: string) => await db().image.findUnique({ where: { id }, include: { transfer: true } })
const eventsOf = async (imageId: string) =>
  (await db().event.findMany({ where: { imageId }, orderBy: { id: 'asc' } })).map((event) => event.action)
const jobsOf = async (key: string) => await db().$queryRaw`SELECT key FROM graphile_worker.jobs WHERE key = ${key}`

const nobodys = (imageId: string) => ({ imageId, holder: null })
const no = { ok: true, value: false }
const yes = { ok: true, value: true }

async function begun(owner: TestAccount, here: string, holder?: string): Promise<string> {
  const result = await beginImport(owner.ctx, importing(here), { patienceMs: leaseMs, ...(holder ? { holder } : {}) })
  if (!result.ok) throw new Error(result.refusal.code)
  return result.value.imageId
}

/** A transfer whose file is complete, so that it waits for a worker. */
async function waiting(owner: TestAccount, here: string): Promise<string> {
  const imageId = await begun(owner, here)
  await endReceiving(owner.ctx, nobodys(imageId), received)
  return imageId
}

describe('a transfer', () => {
  it('ends once: a settled one cannot fail, and a failed one cannot be settled', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    for (let round = 0; round < 15; round++) {
      const imageId = await begun(owner, here)
      await leasesAge(leaseMs + 1, imageId)
      const [settled] = await Promise.all([
        settleTransfer(owner.ctx, nobodys(imageId), disk),
        failTransfer(owner.ctx, nobodys(imageId), { code: 'IMPORT_FAULT' }),
        reapTransfer(owner.ctx, imageId),
      ])
      const row = await rowOf(imageId)
      expect(row?.state).toBe(settled.ok ? 'available' : 'failed')
      expect(row?.transfer).toBeNull()
      expect(row).toMatchObject(settled.ok ? { sha256: disk.sha256, failure: null } : { sha256: null, size: 0n })
      expect(await eventsOf(imageId)).toEqual(['image.import', settled.ok ? 'image.available' : 'image.fail'])
    }
  })

  it('lives while its lease is renewed, and counts as dead after 60 s', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    await quota(owner, here, 1)
    const imageId = await begun(owner, here)
    const reaped = async (ms: number) => {
      await leasesAge(ms, imageId)
      return await reapTransfer(owner.ctx, imageId)
    }
    expect(await reaped(leaseMs - 10_000)).toEqual(no)
    expect(await renewTransfer(nobodys(imageId))).toBe(true)
    expect(await reaped(leaseMs - 10_000)).toEqual(no)
    expect(tally([await beginImport(owner.ctx, importing(here))])).toEqual({ IMAGE_QUOTA_FULL: 1 })
    expect(await reaped(10_001)).toEqual(yes)
    expect(await renewTransfer(nobodys(imageId))).toBe(false)
    expect(await rowOf(imageId)).toMatchObject({ state: 'failed', failure: { code: 'IMPORT_INTERRUPTED' } })
    expect(await beginImport(owner.ctx, importing(here))).toMatchObject({ ok: true })
  })

  it('is settled even if its account was disabled meanwhile', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await begun(owner, here)
    await db().account.update({ where: { id: owner.id }, data: { disabledAt: noon } })
    expect(await settleTransfer(owner.ctx, nobodys(imageId), disk)).toMatchObject({ ok: true })
  })

  it('can be cancelled by its owner only: image and quota place are released, and its worker loses the lease', async () => {
    const [here, there, owner, stranger] = await Promise.all([region(), region(), account(), account()])
    await quota(owner, here, 1)
    const imageId = await begun(owner, here)
    const refused = { ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } }
    expect(await cancelTransfer(stranger.ctx, { region: here, imageId })).toEqual(refused)
    expect(await cancelTransfer(owner.ctx, { region: there, imageId })).toMatchObject({
      refusal: { code: 'REGION_MISMATCH' },
    })
    const results = await race(6, () => cancelTransfer(owner.ctx, { region: here, imageId }))
    expect(results.filter((result) => result.ok)).toHaveLength(1)
    expect(await rowOf(imageId)).toBeNull()
    expect(await renewTransfer(nobodys(imageId))).toBe(false)
    expect(await settleTransfer(owner.ctx, nobodys(imageId), disk)).toMatchObject({ refusal: { code: 'IMAGE_BUSY' } })
    expect(await eventsOf(imageId)).toEqual(['image.import', 'image.cancel'])
    expect(await beginImport(owner.ctx, importing(here))).toMatchObject({ ok: true })
  })

  it('cannot be cancelled by an account that was disabled meanwhile', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await begun(owner, here)
    await db().account.update({ where: { id: owner.id }, data: { disabledAt: noon } })
    const cancelled = await cancelTransfer(owner.ctx, { region: here, imageId })
    expect(cancelled).toEqual({ ok: false, refusal: { code: 'SIGNED_OUT' } })
    expect(await rowOf(imageId)).toMatchObject({ state: 'importing' })
  })

  it('is deleted with its image, and the database requires one for an image in motion', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await waiting(owner, here)
    const data = { state: 'available', sha256: disk.sha256 } as const
    await settleTransfer(owner.ctx, nobodys(imageId), disk)
    expect(await rowOf(imageId)).toMatchObject({ ...data, transfer: null })
    await expect(db().image.update({ where: { id: imageId }, data: { state: 'copying' } })).rejects.toThrow()
    expect(await rowOf(imageId)).toMatchObject(data)
  })
})

describe('a transfer that waits for a worker', () => {
  it('is claimed by one of many, and by the next one only after that is dead', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await begun(owner, here)
    expect(await claimTransfer(imageId)).toBeNull()
    await endReceiving(owner.ctx, nobodys(imageId), received)
    const taken = await race(10, () => claimTransfer(imageId))
    expect(taken.filter(Boolean)).toHaveLength(1)
    await leasesAge(leaseMs - 10_000, imageId)
    expect(await claimTransfer(imageId)).toBeNull()
    await leasesAge(10_001, imageId)
    expect(await claimTransfer(imageId)).toMatchObject({ id: imageId, kind: 'IMPORT' })
    expect(await rowOf(imageId)).toMatchObject({ transfer: { tries: 2 } })
  })

  it('cannot be renewed, released, settled or failed by a holder whose lease expired', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await waiting(owner, here)
    const first = (await claimTransfer(imageId))?.work
    await leasesAge(leaseMs + 1, imageId)
    const second = (await claimTransfer(imageId))?.work
    if (!first || !second) throw new Error('Both got it, one after the other.')
    const busy = { ok: false, refusal: { code: 'IMAGE_BUSY', state: 'importing' } }
    expect(await renewTransfer(first)).toBe(false)
    await releaseTransfer(first, 'FAULT')
    expect(await claimPlace(owner.ctx, first, disk)).toEqual(busy)
    expect(await settleTransfer(owner.ctx, first, disk)).toEqual(busy)
    expect(await failTransfer(owner.ctx, first, { code: 'IMPORT_FAULT' })).toEqual(no)
    expect(await rowOf(imageId)).toMatchObject({ state: 'importing', transfer: { leaseHolder: second.holder } })
    expect(await renewTransfer(second)).toBe(true)
    expect(await settleTransfer(owner.ctx, second, disk)).toMatchObject({ ok: true })
  })

  it('is enqueued again after ten minutes in the queue, whatever happened to its job', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await waiting(owner, here)
    expect(await renewTransfer(nobodys(imageId), {}, uploadPatienceMs)).toBe(false)
    const key = `finish-import ${imageId}`
    await db().$queryRaw`SELECT graphile_worker.remove_job(${key})::text`
    await leasesAge(queueMs - 10_000, imageId)
    expect(await reapTransfer(owner.ctx, imageId)).toEqual(no)
    await leasesAge(10_001, imageId)
    expect(await reapTransfer(owner.ctx, imageId)).toEqual(yes)
    expect(await jobsOf(key)).toEqual([{ key }])
    const claimed = await claimTransfer(imageId)
    if (!claimed) throw new Error('Nobody has it.')
    await releaseTransfer(claimed.work, 'BUSY')
    const transfer = { leaseHolder: null, patienceMs: queueMs, failure: { code: 'BUSY' } }
    expect(await rowOf(imageId)).toMatchObject({ transfer })
  })

  it('is enqueued again if its worker died, and never failed for that', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await begun(owner, here, 'a worker')
    await endReceiving(owner.ctx, { imageId, holder: 'a worker' }, received)
    expect(await reapTransfer(owner.ctx, imageId)).toEqual(no)
    await leasesAge(leaseMs + 1, imageId)
    expect(await reapTransfer(owner.ctx, imageId)).toEqual(yes)
    expect(await rowOf(imageId)).toMatchObject({ state: 'importing', transfer: { step: 'CHECK', leaseHolder: null } })
    const key = `finish-import ${imageId}`
    expect(await jobsOf(key)).toEqual([{ key }])
  })
})
