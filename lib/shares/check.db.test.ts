import { expect, it } from 'vitest'
import { ignoreFinding, requestCheck } from '@/lib/checks/writes'
import { claimCheck, settleCheck } from '@/lib/checks/writes-run'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { ok } from '@/lib/result'
import { account, asked, image, nth, race, region, sharesToday, somebodyWaits, tally } from '@/lib/testing/builders'
import { checkedImage, finding, reportOf } from '@/lib/testing/builders-checks'
import { shareImage } from './writes'

process.env.ECS_SHARE_CHECK = 'block'
process.env.ECS_DATABASE_POOL = '30'

const because = 'It is the key of a test machine.'

async function tenant() {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  const imageId = await image(owner, here)
  return { here, owner, recipient, imageId, form: asked(here, imageId, recipient) }
}

it('block allows sharing a clean image', async () => {
  const { owner, form } = await tenant()
  expect(tally([await shareImage(owner.ctx, form)])).toEqual({ ok: 1 })
})

it('block refuses critical and high findings whatever the reason, and writes nothing', async () => {
  const { owner, form, imageId } = await tenant()
  await checkedImage(
    imageId,
    reportOf([finding('a'), finding('b', { severity: 'high' }), finding('c', { severity: 'low' })]),
  )
  const refusal = { code: 'DISK_HAS_SECRETS', critical: 1, high: 1 }
  expect(await shareImage(owner.ctx, { ...form, reason: because })).toEqual({ ok: false, refusal })
  expect(await db().share.count({ where: { imageId } })).toBe(0)
  expect(await sharesToday(owner)).toEqual({ used: 0, events: 0 })
})

it('block refuses an image without a verdict on the whole disk', async () => {
  const { owner, form, imageId } = await tenant()
  const sha256 = await checkedImage(imageId, reportOf([], { verdict: 'unchecked', reason: 'ENCRYPTED' }))
  const code = async () => await shareImage(owner.ctx, { ...form, reason: because })
  expect(await code()).toEqual({ ok: false, refusal: { code: 'DISK_UNCHECKED', reason: 'ENCRYPTED' } })
  await db().check.delete({ where: { sha256 } })
  expect(await code()).toEqual({ ok: false, refusal: { code: 'DISK_UNCHECKED', reason: 'NOT_CHECKED' } })
  await requestCheck(owner.ctx, { region: form.region, imageId, isDeep: false })
  expect(await code()).toEqual({ ok: false, refusal: { code: 'DISK_UNCHECKED', reason: 'RUNNING' } })
})

it("ignored findings do not count, and another tenant's ignoring has no effect", async () => {
  const { here, owner, recipient, form, imageId } = await tenant()
  const sha256 = await checkedImage(imageId, reportOf([finding('a')]))
  const ignored = await ignoreFinding(owner.ctx, { region: here, imageId, findingId: 'a', reason: because })
  expect(tally([ignored])).toEqual({ ok: 1 })
  expect(tally([await shareImage(owner.ctx, form)])).toEqual({ ok: 1 })
  const other = await account()
  const same = await image(other, here)
  await db().image.update({ where: { id: same }, data: { sha256 } })
  expect(tally([await shareImage(other.ctx, asked(here, same, recipient))])).toEqual({ DISK_HAS_SECRETS: 1 })
})

it('of 20 shares that race with a verdict none is made after it', async () => {
  const { here, owner, imageId } = await tenant()
  const sha256 = await checkedImage(imageId)
  await requestCheck(owner.ctx, { region: here, imageId, isDeep: false })
  const claim = await claimCheck(sha256)
  if (!claim) throw new Error('Somebody runs it.')
  const recipients = await Promise.all(Array.from({ length: 20 }, () => account()))
  const results = await race(21, async (index) => {
    if (index === 10) return await settle(claim.work)
    return await shareImage(owner.ctx, asked(here, imageId, nth(recipients, index % 20)))
  })
  const made = tally(results.filter((_, index) => index !== 10))
  expect((made.ok ?? 0) + (made.DISK_HAS_SECRETS ?? 0) + (made.ALREADY_SHARED ?? 0)).toBe(20)
  const again = await shareImage(owner.ctx, asked(here, imageId, await account()))
  expect(tally([again])).toEqual({ DISK_HAS_SECRETS: 1 })
})

async function settle(work: Parameters<typeof settleCheck>[0]) {
  expect(await settleCheck(work, reportOf([finding('a')]), new Date())).toBe(true)
  return ok(null)
}

it('a share that waits for a verdict being written sees that verdict', async () => {
  const { owner, form, imageId } = await tenant()
  const sha256 = await checkedImage(imageId)
  let sharing: ReturnType<typeof shareImage> | undefined
  await inTransaction(async (tx) => {
    await tx.check.update({ where: { sha256 }, data: { state: 'findings', critical: 1 } })
    sharing = shareImage(owner.ctx, form)
    await somebodyWaits()
    return { ok: true, value: null }
  })
  expect(await sharing).toEqual({ ok: false, refusal: { code: 'DISK_HAS_SECRETS', critical: 1, high: 0 } })
})

it('a share of a disk whose first check is running waits for the verdict', async () => {
  const { owner, form, imageId } = await tenant()
  const { sha256 } = await db().image.findUniqueOrThrow({ where: { id: imageId } })
  await db().check.delete({ where: { sha256: sha256 ?? '' } })
  await requestCheck(owner.ctx, { region: form.region, imageId, isDeep: false })
  const sharing = shareImage(owner.ctx, form)
  await checkedImage(imageId)
  expect(tally([await sharing])).toEqual({ ok: 1 })
})
