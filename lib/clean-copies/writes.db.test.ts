import { describe, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { env } from '@/lib/env'
import { deleteImage } from '@/lib/images/writes'
import { account, image, quota, race, region, type TestAccount, tally } from '@/lib/testing/builders'
import { checkedImage, finding, reportOf } from '@/lib/testing/builders-checks'
import { cancelTransfer, failTransfer } from '@/lib/transfers/writes'
import { getCleanCopy, getCleanForm } from './reads'
import { beginCleanCopy, retryCleanCopy } from './writes'

const excerpt = 'a masked excerpt ****'
const key = finding('key', { masked: excerpt })
const owned = finding('owned', { ownedBy: 'ssl-cert' })
const machineId = finding('id', {
  ...({ rule: 'machine-id', severity: 'medium', path: 'etc/machine-id', remedy: 'empty', masked: null } as const),
})
const found = reportOf([key, owned, machineId])

async function checked(owner: TestAccount, here: string, report = found): Promise<string> {
  const id = await image(owner, here, { virtualSize: 2 ** 20 })
  await checkedImage(id, report)
  return id
}

const wanted = (here: string, imageId: string, findings = ['key'], isReset = true) => ({
  region: here,
  imageId,
  name: 'web clean',
  findings,
  isReset,
})

async function begun(owner: TestAccount, here: string, imageId: string): Promise<string> {
  const answer = await beginCleanCopy(owner.ctx, wanted(here, imageId))
  if (!answer.ok) throw new Error(answer.refusal.code)
  return answer.value.imageId
}

const rowOf = async (id: string) =>
  await db().image.findUnique({ where: { id }, include: { transfer: true, cleanCopy: true } })

describe('a clean copy', () => {
  it('takes a quota place, reserves space, copies the tags of its source, and records the findings without excerpts', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const source = await checked(owner, here)
    const tag = { key: 'team', value: 'web' }
    await db().imageTag.create({ data: { imageId: source, ownerId: owner.id, regionId: here, ...tag } })
    const copy = await begun(owner, here, source)
    const row = await rowOf(copy)
    expect(await db().imageTag.findMany({ where: { imageId: copy } })).toMatchObject([tag])
    expect(row).toMatchObject({
      ...{ state: 'copying', source: 'CLEAN', copyOfId: source, copyOfRegionId: here, name: 'web clean', size: 0n },
      transfer: { kind: 'CLEAN', step: 'CLEAN', leaseHolder: null },
      cleanCopy: { isReset: true, critical: 2, high: 0, medium: 1, low: 0 },
    })
    expect(Number(row?.transfer?.reservedBytes)).toBeGreaterThan(Number(row?.transfer?.promisedBytes))
    expect(JSON.stringify(row?.cleanCopy?.findings)).not.toContain(excerpt)
    expect(await getCleanCopy(owner.ctx, { region: here, imageId: copy })).toMatchObject({
      of: { id: source, name: 'web-01' },
      dealtWith: [{ rule: 'ssh-private-key' }, { rule: 'machine-id' }],
    })
    const jobs = await db().$queryRaw`SELECT key FROM graphile_worker.jobs WHERE key = ${`clean-image ${copy}`}`
    expect(jobs).toHaveLength(1)
    const events = await db().event.findMany({ where: { action: 'image.clean', imageId: { in: [source, copy] } } })
    expect(events).toHaveLength(2)
  })

  it('is refused for a file of a package, a finding of another check, and without a verdict; nothing is written', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const source = await checked(owner, here)
    const refusalOf = async (findings: string[], imageId = source) => {
      const answer = await beginCleanCopy(owner.ctx, wanted(here, imageId, findings))
      return answer.ok ? null : answer.refusal
    }
    expect(await refusalOf(['owned'])).toMatchObject({ code: 'CLEAN_REFUSED', reason: 'FILE_OF_PACKAGE' })
    expect(await refusalOf(['key', 'gone'])).toEqual({ code: 'FINDING_NOT_FOUND' })
    const unchecked = await image(owner, here)
    await db().check.deleteMany({ where: { sha256: (await rowOf(unchecked))?.sha256 ?? '' } })
    expect(await refusalOf([], unchecked)).toMatchObject({ code: 'CLEAN_REFUSED', reason: 'NOT_CHECKED' })
    const failed = await checked(owner, here)
    const { sha256 } = await db().image.findUniqueOrThrow({ where: { id: failed } })
    await db().check.update({ where: { sha256: sha256 ?? '' }, data: { state: 'failed', report: Prisma.DbNull } })
    expect(await refusalOf([], failed)).toMatchObject({ code: 'CLEAN_REFUSED', reason: 'NOT_CHECKED' })
    expect(await getCleanForm(owner.ctx, { region: here, imageId: failed })).toMatchObject({ isChecked: false })
    expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(3)
  })

  it('is refused if checks are off', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const source = await checked(owner, here)
    const before = env().ECS_DISK_CHECK
    env().ECS_DISK_CHECK = 'off'
    try {
      expect(await beginCleanCopy(owner.ctx, wanted(here, source))).toEqual({
        ok: false,
        refusal: { code: 'CHECKS_OFF' },
      })
    } finally {
      env().ECS_DISK_CHECK = before
    }
  })

  it('is made once if one quota place is left, however many are requested', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    await quota(owner, here, 2)
    const source = await checked(owner, here)
    const answers = await race(8, () => beginCleanCopy(owner.ctx, wanted(here, source)))
    expect(tally(answers)).toEqual({ ok: 1, IMAGE_QUOTA_FULL: 7 })
  })

  it('is made once if requested twice with one key', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const source = await checked(owner, here)
    const ctx = { ...owner.ctx, idempotencyKey: `clean-${source}` }
    const answers = await race(4, () => beginCleanCopy(ctx, wanted(here, source)))
    expect(new Set(answers.map((answer) => answer.ok && answer.value.imageId)).size).toBe(1)
    expect(await db().image.count({ where: { copyOfId: source } })).toBe(1)
  })

  it('blocks deletion of its source while it runs, and frees its quota place when cancelled', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const source = await checked(owner, here)
    const copy = await begun(owner, here, source)
    const remove = { region: here, imageId: source, cancelShares: false, typedName: null }
    expect(await deleteImage(owner.ctx, remove)).toMatchObject({ refusal: { code: 'IMAGE_BUSY' } })
    expect(await cancelTransfer(owner.ctx, { region: here, imageId: copy })).toMatchObject({ ok: true })
    expect(await rowOf(copy)).toBeNull()
    expect(await db().cleanCopy.count({ where: { imageId: copy } })).toBe(0)
    expect(await deleteImage(owner.ctx, remove)).toMatchObject({ ok: true })
  })

  it('can be retried with the same choice after a failure, as long as its source has the same bytes', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const source = await checked(owner, here)
    const copy = await begun(owner, here, source)
    const again = { region: here, imageId: copy }
    expect(await retryCleanCopy(owner.ctx, again)).toMatchObject({ refusal: { code: 'IMAGE_BUSY' } })
    await failTransfer(owner.ctx, { imageId: copy, holder: null }, { code: 'STORE_FULL' })
    expect(tally(await race(3, () => retryCleanCopy(owner.ctx, again)))).toEqual({ ok: 1, IMAGE_BUSY: 2 })
    expect(await rowOf(copy)).toMatchObject({ state: 'copying', failure: null, transfer: { step: 'CLEAN' } })
    await failTransfer(owner.ctx, { imageId: copy, holder: null }, { code: 'STORE_FULL' })
    await db().image.update({ where: { id: source }, data: { sha256: 'f'.repeat(64) } })
    expect(await retryCleanCopy(owner.ctx, again)).toMatchObject({ refusal: { code: 'IMAGE_NOT_AVAILABLE' } })
  })

  it('is accessible to its owner only: form, creation, retry and removed findings', async () => {
    const [here, there, owner, stranger] = await Promise.all([region(), region(), account(), account()])
    const source = await checked(owner, here)
    const copy = await begun(owner, here, source)
    const missing = { ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } }
    expect(await beginCleanCopy(stranger.ctx, wanted(here, source))).toEqual(missing)
    expect(await retryCleanCopy(stranger.ctx, { region: here, imageId: copy })).toEqual(missing)
    expect(await getCleanForm(stranger.ctx, { region: here, imageId: source })).toBeNull()
    expect(await getCleanCopy(stranger.ctx, { region: here, imageId: copy })).toBeNull()
    expect(await beginCleanCopy(owner.ctx, wanted(there, source))).toMatchObject({
      refusal: { code: 'REGION_MISMATCH' },
    })
  })
})

it('the form lists removable findings, those of a reset, and those that stay, with the reason', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const source = await checked(owner, here)
  const form = await getCleanForm(owner.ctx, { region: here, imageId: source })
  expect(form).toMatchObject({ isChecked: true, isCleanable: true, isWindows: false, beyond: 0 })
  expect(form?.items.map(({ id, kept }) => [id, kept])).toEqual([
    ['key', null],
    ['owned', 'FILE_OF_PACKAGE'],
  ])
  expect(form?.resets).toEqual([{ rule: 'machine-id', findings: 1 }])
})
