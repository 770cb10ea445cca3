import { describe, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { account, held, image, later, noon, quota, race, region, type TestAccount, tally } from '@/lib/testing/builders'
import { leaseMs, queueMs, uploadPatienceMs } from './rules'
import {
  beginImport,
  cancelImport,
  claimPlace,
  dropLease,
  endReceiving,
  failDeadImport,
  failImport,
  finishImport,
  queueAgain,
  renewLease,
  takeLease,
} from './writes'

process.env.ECS_DATABASE_POOL = '20'

const importing = (region: string) => ({ region, name: 'web-01', operatingSystem: 'Debian 12' })
const disk = { format: 'qcow2', virtualSize: 4096, size: 1024, sha256: 'a'.repeat(64) } as const
const received = { size: 1024, sha256: null, claimedSha256: null }
const rowOf = async (id: string) => await db().image.findUnique({ where: { id } })
const eventsOf = async (imageId: string) =>
  (await db().event.findMany({ where: { imageId }, orderBy: { id: 'asc' } })).map((event) => event.action)

const nobodys = (imageId: string) => ({ imageId, holder: null })

async function begun(owner: TestAccount, here: string, holder?: string): Promise<string> {
  const result = await beginImport(owner.ctx, importing(here), { patienceMs: leaseMs, ...(holder ? { holder } : {}) })
  if (!result.ok) throw new Error(result.refusal.code)
  return result.value.imageId
}

describe('an import', () => {
  it('takes its place before the first byte: of 30 at once with one place left exactly 1 begins', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const ops = await account({ master: owner })
    await quota(owner, here, 3)
    await image(owner, here)
    await held(await image(await account(), here), owner)
    const results = await race(30, (index) => beginImport((index % 2 ? owner : ops).ctx, importing(here)))
    expect(tally(results)).toEqual({ ok: 1, IMAGE_QUOTA_FULL: 29 })
    const refused = results.find((result) => !result.ok)
    expect(refused).toEqual({ ok: false, refusal: { code: 'IMAGE_QUOTA_FULL', used: 3, quota: 3, region: here } })
    expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(2)
  })

  it('counts the quota of its region alone, and a failed image not at all', async () => {
    const [here, there, owner] = await Promise.all([region(), region(), account()])
    await quota(owner, here, 1)
    await image(owner, there)
    await image(owner, here, { state: 'failed' })
    expect(await beginImport(owner.ctx, importing(here))).toMatchObject({ ok: true })
    expect(tally([await beginImport(owner.ctx, importing(here))])).toEqual({ IMAGE_QUOTA_FULL: 1 })
  })

  it('of a region that there is not is refused', async () => {
    const answer = await beginImport((await account()).ctx, importing('xx-nowhere'))
    expect(answer).toEqual({ ok: false, refusal: { code: 'REGION_NOT_FOUND' } })
  })

  it('ends once: what was finished cannot fail, what has failed cannot be finished', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    for (let round = 0; round < 15; round++) {
      const imageId = await begun(owner, here)
      const [finished] = await Promise.all([
        finishImport(owner.ctx, nobodys(imageId), disk),
        failImport(owner.ctx, nobodys(imageId), { code: 'IMPORT_FAULT' }),
        failDeadImport(owner.at(later(leaseMs + 1)), imageId),
      ])
      const row = await rowOf(imageId)
      expect(row?.state).toBe(finished.ok ? 'available' : 'failed')
      expect(row).toMatchObject(finished.ok ? { sha256: disk.sha256, failure: null } : { sha256: null, size: 0n })
      expect(await eventsOf(imageId)).toEqual(['image.import', finished.ok ? 'image.available' : 'image.fail'])
    }
  })

  it('lives as long as it renews its lease, and is taken for dead after 60 s', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    await quota(owner, here, 1)
    const imageId = await begun(owner, here)
    const failDead = async (ms: number) => await failDeadImport(owner.at(later(ms)), imageId)
    expect(await failDead(leaseMs)).toEqual({ ok: true, value: false })
    expect(await renewLease(nobodys(imageId), later(10_000))).toBe(true)
    expect(await failDead(leaseMs)).toEqual({ ok: true, value: false })
    expect(tally([await beginImport(owner.ctx, importing(here))])).toEqual({ IMAGE_QUOTA_FULL: 1 })
    expect(await failDead(leaseMs + 10_001)).toEqual({ ok: true, value: true })
    expect(await renewLease(nobodys(imageId), later(leaseMs + 11_000))).toBe(false)
    expect(await rowOf(imageId)).toMatchObject({ state: 'failed', failure: { code: 'IMPORT_INTERRUPTED' } })
    expect(await beginImport(owner.ctx, importing(here))).toMatchObject({ ok: true })
  })

  it('finishes although its account was disabled meanwhile', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await begun(owner, here)
    await db().account.update({ where: { id: owner.id }, data: { disabledAt: noon } })
    expect(await finishImport(owner.ctx, nobodys(imageId), disk)).toMatchObject({ ok: true })
  })

  it('is cancelled by its owner alone: the image is gone, its place is free, and its worker finds no lease', async () => {
    const [here, there, owner, stranger] = await Promise.all([region(), region(), account(), account()])
    await quota(owner, here, 1)
    const imageId = await begun(owner, here)
    const refused = { ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } }
    expect(await cancelImport(stranger.ctx, { region: here, imageId })).toEqual(refused)
    expect(await cancelImport(owner.ctx, { region: there, imageId })).toMatchObject({
      refusal: { code: 'REGION_MISMATCH' },
    })
    const results = await race(6, () => cancelImport(owner.ctx, { region: here, imageId }))
    expect(results.filter((result) => result.ok)).toHaveLength(1)
    expect(await rowOf(imageId)).toBeNull()
    expect(await renewLease(nobodys(imageId), noon)).toBe(false)
    expect(await finishImport(owner.ctx, nobodys(imageId), disk)).toMatchObject({ refusal: { code: 'IMAGE_BUSY' } })
    expect(await eventsOf(imageId)).toEqual(['image.import', 'image.cancel'])
    expect(await beginImport(owner.ctx, importing(here))).toMatchObject({ ok: true })
  })
})

describe('an import whose file has arrived', () => {
  it('is worked on by one of many workers, and by the next one only once that is dead', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await begun(owner, here)
    expect(await takeLease(imageId, noon)).toBeNull()
    await endReceiving(owner.ctx, nobodys(imageId), received)
    const taken = await race(10, () => takeLease(imageId, noon))
    expect(taken.filter(Boolean)).toHaveLength(1)
    expect(await takeLease(imageId, later(leaseMs))).toBeNull()
    expect(await takeLease(imageId, later(leaseMs + 1))).toMatchObject({ imageId })
  })

  it('is no longer the work of one who was taken for dead: it neither renews, gives back, finishes nor fails it', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await begun(owner, here)
    await endReceiving(owner.ctx, nobodys(imageId), received)
    const [first, second] = [await takeLease(imageId, noon), await takeLease(imageId, later(leaseMs + 1))]
    if (!first || !second) throw new Error('Both got it, one after the other.')
    const busy = { ok: false, refusal: { code: 'IMAGE_BUSY', state: 'importing' } }
    expect(await renewLease(first, later(leaseMs + 2))).toBe(false)
    await dropLease(first, later(leaseMs + 2))
    expect(await claimPlace(owner.ctx, first, disk, { isNormalised: true })).toEqual(busy)
    expect(await finishImport(owner.ctx, first, disk)).toEqual(busy)
    expect(await failImport(owner.ctx, first, { code: 'IMPORT_FAULT' })).toEqual({ ok: true, value: false })
    expect(await rowOf(imageId)).toMatchObject({ state: 'importing', leaseHolder: second.holder })
    expect(await renewLease(second, later(leaseMs + 2))).toBe(true)
    expect(await finishImport(owner.ctx, second, disk)).toMatchObject({ ok: true })
  })

  it('waits in the queue for ten minutes and is put there again, whatever became of its job', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await begun(owner, here)
    await endReceiving(owner.ctx, nobodys(imageId), received)
    expect(await renewLease(nobodys(imageId), noon, {}, uploadPatienceMs)).toBe(false)
    const key = `finish-import ${imageId}`
    await db().$queryRaw`SELECT graphile_worker.remove_job(${key})::text`
    expect(await queueAgain(owner.at(later(queueMs)), imageId)).toEqual({ ok: true, value: false })
    expect(await queueAgain(owner.at(later(queueMs + 1)), imageId)).toEqual({ ok: true, value: true })
    expect(await db().$queryRaw`SELECT key FROM graphile_worker.jobs WHERE key = ${key}`).toEqual([{ key }])
    const work = await takeLease(imageId, noon)
    if (!work) throw new Error('Nobody has it.')
    await dropLease(work, noon)
    expect(await rowOf(imageId)).toMatchObject({ leaseHolder: null, leaseUntil: later(queueMs) })
    await expect(db().image.update({ where: { id: imageId }, data: { leaseUntil: null } })).rejects.toThrow()
  })

  it('is queued again when its worker has died, and never failed for that', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await begun(owner, here, 'a worker')
    await endReceiving(owner.ctx, { imageId, holder: 'a worker' }, received)
    const late = owner.at(later(leaseMs + 1))
    expect(await queueAgain(owner.at(later(leaseMs)), imageId)).toEqual({ ok: true, value: false })
    expect(await failDeadImport(late, imageId)).toEqual({ ok: true, value: false })
    expect(await queueAgain(late, imageId)).toEqual({ ok: true, value: true })
    expect(await rowOf(imageId)).toMatchObject({ state: 'importing', step: 'CHECK', leaseHolder: null })
    const key = `finish-import ${imageId}`
    expect(await db().$queryRaw`SELECT key FROM graphile_worker.jobs WHERE key = ${key}`).toEqual([{ key }])
  })
})
