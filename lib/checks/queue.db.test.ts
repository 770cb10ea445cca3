import { describe, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { account, image, region, tally } from '@/lib/testing/builders'
import { finding, reportOf } from '@/lib/testing/builders-checks'
import { checksMax } from './rules'
import { requestCheck } from './writes'
import { claimCheck, failCheck, settleCheck } from './writes-run'

process.env.ECS_DATABASE_POOL = '20'

async function tenant() {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await image(owner, here)
  const { sha256 } = await db().image.findUniqueOrThrow({ where: { id: imageId } })
  if (sha256 === null) throw new Error('It has no bytes.')
  return { here, owner, imageId, sha256, asked: { region: here, imageId, isDeep: false } }
}

const rowOf = async (sha256: string) => await db().check.findUniqueOrThrow({ where: { sha256 } })
const jobsOf = async (sha256: string) =>
  (
    await db().$queryRaw<{ id: string }[]>`
      SELECT id::text FROM graphile_worker.jobs WHERE key = ${`check-disk ${sha256}`}`
  ).length

describe('a check', () => {
  it('for deleted data, requested while a plain one runs, follows it, and follows no other', async () => {
    const { owner, asked, sha256 } = await tenant()
    await requestCheck(owner.ctx, asked)
    const first = await claimCheck(sha256)
    expect(first?.isDeep).toBe(false)
    if (!first) return
    await requestCheck(owner.ctx, { ...asked, isDeep: true })
    await db().$queryRaw`SELECT graphile_worker.remove_job(${`check-disk ${sha256}`})::text`
    await settleCheck(first.work, reportOf([finding('a')]), new Date())
    expect(await rowOf(sha256)).toMatchObject({ state: 'findings', isQueued: true, leaseHolder: null, tries: 0 })
    expect(await jobsOf(sha256)).toBe(1)
    const second = await claimCheck(sha256)
    expect(second?.isDeep).toBe(true)
    if (!second) return
    await settleCheck(second.work, reportOf([], { isDeep: true }), new Date())
    expect(await rowOf(sha256)).toMatchObject({ state: 'clean', isDeep: true, isQueued: false, isDeepNext: false })
  })

  it('for deleted data is not lost if the plain one fails, and can fail itself', async () => {
    const { owner, asked, sha256 } = await tenant()
    await requestCheck(owner.ctx, asked)
    const first = await claimCheck(sha256)
    await requestCheck(owner.ctx, { ...asked, isDeep: true })
    await db().$queryRaw`SELECT graphile_worker.remove_job(${`check-disk ${sha256}`})::text`
    if (!first) throw new Error('It was not claimed.')
    await failCheck(first.work, { code: 'FAULT', isDeep: first.isDeep }, new Date())
    expect(await rowOf(sha256)).toMatchObject({ isQueued: true, isDeepNext: true, leaseHolder: null, tries: 0 })
    expect(await jobsOf(sha256)).toBe(1)
    const second = await claimCheck(sha256)
    if (!second) throw new Error('It was not claimed.')
    expect(second.isDeep).toBe(true)
    await failCheck(second.work, { code: 'FAULT', isDeep: second.isDeep }, new Date())
    expect(await rowOf(sha256)).toMatchObject({ isQueued: false, isDeepNext: false, leaseHolder: null })
  })

  it('is queued for only a few disks of an account at once; the operator may queue any number', async () => {
    const { owner, asked, here } = await tenant()
    const others = await Promise.all(Array.from({ length: 8 }, () => image(owner, here)))
    const ask = async (imageId: string) => await requestCheck(owner.ctx, { ...asked, imageId })
    expect(tally(await Promise.all(others.map(ask)))).toEqual({ ok: checksMax, CHECKS_FULL: 8 - checksMax })
    expect(tally([await ask(asked.imageId)])).toEqual({ CHECKS_FULL: 1 })
    expect(tally([await requestCheck(owner.ctx, { ...asked, region: null })])).toEqual({ ok: 1 })
    const stranger = await tenant()
    expect(tally([await requestCheck(stranger.owner.ctx, stranger.asked)])).toEqual({ ok: 1 })
    const waiting = await db().check.findMany({ where: { isQueued: true }, select: { sha256: true } })
    const mine = await db().image.findFirstOrThrow({
      where: { ownerId: owner.id, sha256: { in: waiting.map((c) => c.sha256) } },
    })
    expect(tally([await ask(mine.id)]), 'one that waits already').toEqual({ ok: 1 })
  })
})
