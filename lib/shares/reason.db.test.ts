import { expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { getImage } from '@/lib/images/reads'
import { account, asked, image, region, tally } from '@/lib/testing/builders'
import { checkedImage, finding, reportOf } from '@/lib/testing/builders-checks'
import { listShareRecords } from './reads'
import { shareImageInput } from './schema'
import { shareImage } from './writes'

// The default policy: an image with findings or without a verdict needs a reason to be shared.

const because = 'It is the key of a test machine.'

async function tenant() {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  const imageId = await image(owner, here)
  return { here, owner, recipient, imageId, form: asked(here, imageId, recipient) }
}

it("a reason is required, recorded in the share's event and shown to the operator, and no recipient reads it", async () => {
  const { here, owner, recipient, imageId, form } = await tenant()
  await checkedImage(imageId, reportOf([finding('a'), finding('b', { severity: 'low' })]))
  const refusal = { code: 'SHARE_NEEDS_REASON', findings: 2, unchecked: null }
  expect(await shareImage(owner.ctx, form)).toEqual({ ok: false, refusal })
  expect(tally([await shareImage(owner.ctx, { ...form, reason: because })])).toEqual({ ok: 1 })
  const [event] = await db().event.findMany({ where: { imageId, action: 'share.create' } })
  expect(event?.details).toEqual({ day: '2026-03-10', reason: because, findings: 2, unchecked: '' })
  expect(await listShareRecords(imageId)).toMatchObject([{ reason: because }])
  const seen = await getImage(recipient.ctx, { region: here, imageId })
  expect(JSON.stringify(seen)).not.toContain(because)
  expect(JSON.stringify(await getImage(owner.ctx, { region: here, imageId }))).toContain(because)
})

it('no reason is required or recorded for a clean image', async () => {
  const { owner, imageId, form } = await tenant()
  expect(tally([await shareImage(owner.ctx, { ...form, reason: because })])).toEqual({ ok: 1 })
  const [event] = await db().event.findMany({ where: { imageId, action: 'share.create' } })
  expect(event?.details).toEqual({ day: '2026-03-10' })
  expect(await listShareRecords(imageId)).toMatchObject([{ reason: null }])
})

it('an image without a verdict needs a reason of 10 to 200 characters', async () => {
  const { owner, imageId, form } = await tenant()
  const { sha256 } = await db().image.findUniqueOrThrow({ where: { id: imageId } })
  await db().check.delete({ where: { sha256: sha256 ?? '' } })
  const refusal = { code: 'SHARE_NEEDS_REASON', findings: 0, unchecked: 'NOT_CHECKED' }
  expect(await shareImage(owner.ctx, form)).toEqual({ ok: false, refusal })
  const isTaken = (reason: string) => shareImageInput.safeParse({ ...form, reason }).success
  expect([9, 10, 200, 201].map((length) => isTaken('x'.repeat(length)))).toEqual([false, true, true, false])
  expect(isTaken('')).toBe(true)
  expect(isTaken('         x         ')).toBe(false)
  expect(tally([await shareImage(owner.ctx, { ...form, reason: because })])).toEqual({ ok: 1 })
})
