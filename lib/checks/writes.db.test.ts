import { describe, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { account, held, image, nth, race, region, tally } from '@/lib/testing/builders'
import { checkedImage, finding, reportOf } from '@/lib/testing/builders-checks'
import { leaseMs } from '@/lib/transfers/rules'
import { findDeadChecks, getCheckReport, getImageCheck } from './reads'
import { checkReportParams } from './schema'
import { countFinding, ignoreFinding, requestCheck } from './writes'
import {
  claimCheck,
  failCheck,
  forgetChecks,
  queueUnchecked,
  releaseCheck,
  renewCheck,
  requeueCheck,
  settleCheck,
} from './writes-run'

process.env.ECS_DATABASE_POOL = '20'

const because = 'It is the key of a test machine.'

async function tenant() {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await image(owner, here)
  const { sha256 } = await db().image.findUniqueOrThrow({ where: { id: imageId } })
  if (sha256 === null) throw new Error('It has no bytes.')
  return { here, owner, imageId, sha256, asked: { region: here, imageId, isDeep: false } }
}

const rowOf = async (sha256: string) => await db().check.findUniqueOrThrow({ where: { sha256 } })
const findingsOf = async (sha256: string) =>
  (await db().finding.findMany({ where: { sha256 }, orderBy: { id: 'asc' } })).map(({ id }) => id)
const jobsOf = async (sha256: string) =>
  (
    await db().$queryRaw<{ id: string }[]>`
      SELECT id::text FROM graphile_worker.jobs WHERE key = ${`check-disk ${sha256}`}`
  ).length

async function leaseAges(sha256: string, ms: number): Promise<void> {
  await db().$executeRaw`
    UPDATE "Check" SET "renewedAt" = "renewedAt" - ${ms} * interval '1 millisecond' WHERE sha256 = ${sha256}`
}

async function claimed(sha256: string) {
  const claim = await claimCheck(sha256)
  if (!claim) throw new Error('Somebody runs it.')
  return claim.work
}

describe('a check', () => {
  it('requested many times at once is queued once, and only one of many workers runs it', async () => {
    const { owner, asked, sha256 } = await tenant()
    const results = await race(8, () => requestCheck(owner.ctx, asked))
    expect(tally(results)).toEqual({ ok: 8 })
    expect(await jobsOf(sha256)).toBe(1)
    const claims = await race(8, () => claimCheck(sha256))
    expect(claims.filter(Boolean)).toHaveLength(1)
    expect(await db().event.count({ where: { imageId: asked.imageId, action: 'image.check' } })).toBe(8)
  })

  it('notifies the owners of its images of critical or high findings, once until there are more', async () => {
    const { owner, asked, sha256, imageId } = await tenant()
    const settle = async (ids: string[]) => {
      await requestCheck(owner.ctx, asked)
      await settleCheck(await claimed(sha256), reportOf(ids.map((id) => finding(id))), new Date())
      return await db().notice.count({ where: { accountId: owner.id, kind: 'image.findings' } })
    }
    expect(await settle([])).toBe(0)
    expect(await settle(['a'])).toBe(1)
    expect(await settle(['a'])).toBe(1)
    expect(await settle(['a', 'b'])).toBe(2)
    expect(await db().event.count({ where: { imageId, action: 'image.findings' } })).toBe(2)
  })

  it('keeps its verdict until a repeated check has a new one', async () => {
    const { owner, asked, sha256, imageId } = await tenant()
    await checkedImage(imageId, reportOf([finding('a')]))
    expect(tally([await requestCheck(owner.ctx, asked)])).toEqual({ ok: 1 })
    expect(await rowOf(sha256)).toMatchObject({ state: 'findings', critical: 1, isQueued: true })
    const work = await claimed(sha256)
    expect(
      await settleCheck(work, reportOf([finding('b', { severity: 'low' })], { rulesVersion: '2' }), new Date()),
    ).toBe(true)
    expect(await rowOf(sha256)).toMatchObject({
      state: 'findings',
      critical: 0,
      low: 1,
      isQueued: false,
      rulesVersion: '2',
    })
    expect(await findingsOf(sha256)).toEqual(['b'])
  })

  it('runs by itself once for each version of the rules', async () => {
    const { sha256 } = await tenant()
    const { rulesVersion } = reportOf()
    expect(await queueUnchecked(sha256, rulesVersion, new Date())).toBe(false)
    expect(await queueUnchecked(sha256, 'newer', new Date())).toBe(true)
    expect(await queueUnchecked(sha256, 'newer', new Date())).toBe(false)
  })

  it('is taken up by another worker if its own died, and ends once', async () => {
    const { owner, asked, sha256 } = await tenant()
    await requestCheck(owner.ctx, asked)
    const dead = await claimed(sha256)
    expect(await claimCheck(sha256)).toBeNull()
    await leaseAges(sha256, leaseMs - 10_000)
    expect(await findDeadChecks()).not.toContain(sha256)
    await leaseAges(sha256, 10_001)
    expect(await findDeadChecks()).toContain(sha256)
    await requeueCheck(sha256)
    const heir = await claimed(sha256)
    expect(await renewCheck(dead, { filesLooked: 1, filesTotal: 2 })).toBe(false)
    expect(await renewCheck(heir, { filesLooked: 3, filesTotal: 4 })).toBe(true)
    expect(await rowOf(sha256)).toMatchObject({ filesLooked: 3, filesTotal: 4 })
    expect(await settleCheck(dead, reportOf([finding('dead')]), new Date())).toBe(false)
    expect(await settleCheck(heir, reportOf([finding('heir')]), new Date())).toBe(true)
    expect(await settleCheck(heir, reportOf(), new Date())).toBe(false)
    expect(await findingsOf(sha256)).toEqual(['heir'])
  })

  it('waits after its release, and a failure replaces no earlier verdict', async () => {
    const { owner, asked, sha256 } = await tenant()
    await db().check.delete({ where: { sha256 } })
    await requestCheck(owner.ctx, asked)
    await releaseCheck(await claimed(sha256))
    expect(await rowOf(sha256)).toMatchObject({ state: 'running', leaseHolder: null, isQueued: true, tries: 1 })
    await failCheck(await claimed(sha256), { code: 'STORE_UNREACHABLE', isDeep: false }, new Date())
    expect(await rowOf(sha256)).toMatchObject({ state: 'failed', reason: 'STORE_UNREACHABLE', isQueued: false })
    await checkedImage(asked.imageId, reportOf([finding('a')]))
    await requestCheck(owner.ctx, asked)
    await failCheck(await claimed(sha256), { code: 'FAULT', isDeep: false }, new Date())
    expect(await rowOf(sha256)).toMatchObject({ state: 'findings', reason: null, critical: 1, isQueued: false })
  })

  it('is deleted with the last bytes of its content, and only then', async () => {
    const { sha256, imageId } = await tenant()
    await forgetChecks()
    expect(await rowOf(sha256)).toMatchObject({ state: 'clean' })
    await db().image.delete({ where: { id: imageId } })
    await db().blob.updateMany({ where: { sha256 }, data: { state: 'removing' } })
    await forgetChecks()
    expect(await db().check.findUnique({ where: { sha256 } })).toBeNull()
  })

  it('can be requested only by the owner, for an available image', async () => {
    const { here, owner, imageId, asked } = await tenant()
    const [stranger, recipient] = [await account(), await account()]
    await held(imageId, recipient)
    for (const other of [stranger, recipient])
      expect(await requestCheck(other.ctx, asked)).toEqual({ ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } })
    const binned = await image(owner, here, { state: 'deleted' })
    const refusal = { code: 'IMAGE_NOT_AVAILABLE', state: 'deleted' }
    expect(await requestCheck(owner.ctx, { ...asked, imageId: binned })).toEqual({ ok: false, refusal })
  })
})

describe('a finding', () => {
  it('does not count while it is ignored, stays visible with the reason, and can count again', async () => {
    const { here, owner, imageId, sha256 } = await tenant()
    await checkedImage(imageId, reportOf([finding('a'), finding('b', { severity: 'low' })]))
    const which = { region: here, imageId, findingId: 'a' }
    expect(tally([await ignoreFinding(owner.ctx, { ...which, reason: because })])).toEqual({ ok: 1 })
    const list = checkReportParams.parse({ region: here, imageId })
    const report = await getCheckReport(owner.ctx, list)
    expect(report?.check).toMatchObject({ open: { critical: 0, low: 1 }, ignored: 1 })
    const ignored = { reason: because, by: owner.username, at: owner.ctx.now.toISOString() }
    expect(report?.items).toMatchObject([
      { id: 'a', ignored },
      { id: 'b', ignored: null },
    ])
    const [event] = await db().event.findMany({ where: { imageId, action: 'finding.ignore' } })
    expect(event?.details).toEqual({ rule: 'ssh-private-key', finding: 'a', reason: because })
    expect(tally([await countFinding(owner.ctx, which)])).toEqual({ ok: 1 })
    expect(tally([await countFinding(owner.ctx, which)])).toEqual({ FINDING_NOT_FOUND: 1 })
    expect((await getCheckReport(owner.ctx, list))?.check.open.critical).toBe(1)
    expect(await db().ignoredFinding.count({ where: { sha256 } })).toBe(0)
  })

  it('is ignored for its owner only, not for another tenant with the same bytes', async () => {
    const { here, owner, imageId, sha256 } = await tenant()
    await checkedImage(imageId, reportOf([finding('a')]))
    const other = await account()
    const same = await image(other, here)
    await db().image.update({ where: { id: same }, data: { sha256 } })
    await ignoreFinding(owner.ctx, { region: here, imageId, findingId: 'a', reason: because })
    const seen = await getCheckReport(other.ctx, checkReportParams.parse({ region: here, imageId: same }))
    expect(seen).toMatchObject({ check: { open: { critical: 1 }, ignored: 0 }, items: [{ id: 'a', ignored: null }] })
  })

  it('is no longer ignored once a later check does not find it', async () => {
    const { here, owner, imageId, sha256, asked } = await tenant()
    await checkedImage(imageId, reportOf([finding('a'), finding('b')]))
    for (const findingId of ['a', 'b'])
      await ignoreFinding(owner.ctx, { region: here, imageId, findingId, reason: because })
    await requestCheck(owner.ctx, asked)
    await settleCheck(await claimed(sha256), reportOf([finding('b', { severity: 'low' }), finding('c')]), new Date())
    expect(await db().ignoredFinding.findMany({ where: { sha256 } })).toMatchObject([
      { findingId: 'b', severity: 'low' },
    ])
    const report = await getCheckReport(owner.ctx, checkReportParams.parse({ region: here, imageId }))
    expect(report?.check).toMatchObject({ open: { critical: 1, low: 0 }, ignored: 1 })
  })

  it('can be ignored by nobody else, and only if its id exists', async () => {
    const { here, owner, imageId } = await tenant()
    await checkedImage(imageId, reportOf([finding('a')]))
    const recipient = await account()
    await held(imageId, recipient)
    const which = { region: here, imageId, findingId: 'a', reason: because }
    const absent = { ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } }
    for (const other of [recipient, await account()]) {
      expect(await ignoreFinding(other.ctx, which)).toEqual(absent)
      expect(await countFinding(other.ctx, which)).toEqual(absent)
    }
    const none = { ok: false, refusal: { code: 'FINDING_NOT_FOUND' } }
    expect(await ignoreFinding(owner.ctx, { ...which, findingId: 'z' })).toEqual(none)
    expect(await db().ignoredFinding.count({ where: { ownerId: owner.id } })).toBe(0)
  })
})

it('a recipient sees verdict, date and number, and strangers see nothing', async () => {
  const { here, owner, imageId } = await tenant()
  const recipient = await account()
  await held(imageId, recipient)
  await checkedImage(imageId, reportOf([finding('a'), finding('b')]), new Date('2026-03-11T00:00:00Z'))
  await ignoreFinding(owner.ctx, { region: here, imageId, findingId: 'a', reason: because })
  const params = { region: here, imageId }
  const seen = { view: 'recipient', state: 'findings', checkedAt: '2026-03-11T00:00:00.000Z', findings: 2 }
  expect(await getImageCheck(recipient.ctx, params)).toEqual(seen)
  expect(await getImageCheck(owner.ctx, params)).toMatchObject({ view: 'owner', open: { critical: 1 }, ignored: 1 })
  const stranger = await account()
  expect(await getImageCheck(stranger.ctx, params)).toBeNull()
  for (const one of [recipient, stranger])
    expect(await getCheckReport(one.ctx, checkReportParams.parse(params))).toBeNull()
})

it('no date reveals that the same bytes were checked before for somebody else', async () => {
  const { here, owner, imageId } = await tenant()
  await checkedImage(imageId, reportOf(), new Date('2026-01-01T00:00:00Z'))
  const seen = await getImageCheck(owner.ctx, { region: here, imageId })
  const { createdAt } = await db().image.findUniqueOrThrow({ where: { id: imageId } })
  expect(seen?.checkedAt).toBe(createdAt.toISOString())
})

it('findings are sorted by severity or path, and filtered by severity, rule and whether they are ignored', async () => {
  const { here, owner, imageId } = await tenant()
  const findings = [
    finding('l', { severity: 'low', rule: 'known-hosts', path: 'a' }),
    finding('c', { path: 'b' }),
    finding('h', { severity: 'high', rule: 'dotenv', path: 'c' }),
  ]
  await checkedImage(imageId, reportOf(findings))
  await ignoreFinding(owner.ctx, { region: here, imageId, findingId: 'l', reason: because })
  const ids = async (asked: Record<string, string>) => {
    const report = await getCheckReport(owner.ctx, checkReportParams.parse({ region: here, imageId, ...asked }))
    return report?.items.map(({ id }) => id).join('')
  }
  expect(await ids({})).toBe('chl')
  expect(await ids({ sort: 'path' })).toBe('lch')
  expect(await ids({ severity: 'high' })).toBe('h')
  expect(await ids({ rule: 'known-hosts' })).toBe('l')
  expect(await ids({ ignored: 'yes' })).toBe('l')
  expect(await ids({ ignored: 'no' })).toBe('ch')
  expect(await ids({ page: '2' })).toBe('')
  const rules = (await getCheckReport(owner.ctx, checkReportParams.parse({ region: here, imageId })))?.rules
  expect(nth(rules ?? [], 0)).toEqual({ rule: 'ssh-private-key', severity: 'critical', findings: 1 })
})
