import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { account, asked, held, image, later, minutes, noon, region } from '@/lib/testing/builders'
import { shareImage } from './writes'
import { cancelShare } from './writes-end'
import { markSharesSeen } from './writes-seen'

// The rows that a share, its end and its first view write.

test('a share is stored with its sharer, time and note, and its event has the day on which it counts', async () => {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  const [ops, imageId] = await Promise.all([account({ master: owner }), image(owner, here, { name: 'db-01' })])
  // Half past midnight in Asia/Shanghai: it counts for the day there, not for the UTC day.
  const at = new Date('2026-03-10T16:30:00.000Z')
  const result = await shareImage(ops.at(at), { ...asked(here, imageId, recipient), note: 'For tests.' })
  const id = result.ok ? result.value[0]?.id : undefined
  const share = {
    id,
    username: recipient.username,
    sharedAt: at.toISOString(),
    sharedBy: ops.username,
    note: 'For tests.',
    status: 'ACCEPTED',
    until: null,
  }
  expect(result).toEqual({ ok: true, value: [share] })
  expect(await db().share.findUnique({ where: { id } })).toMatchObject({
    imageId,
    ownerId: owner.id,
    regionId: here,
    recipientId: recipient.id,
    sharedById: ops.id,
    note: 'For tests.',
    createdAt: at,
    seenAt: null,
  })
  expect(await db().event.findMany({ where: { shareId: id } })).toMatchObject([
    {
      action: 'share.create',
      at,
      actorId: ops.id,
      ownerId: owner.id,
      recipientId: recipient.id,
      recipientName: recipient.username,
      regionId: here,
      imageId,
      imageName: 'db-01',
      details: { day: '2026-03-11' },
    },
  ])
  const day = await db().shareDay.findMany({ where: { accountId: owner.id } })
  expect(day).toEqual([{ accountId: owner.id, day: new Date('2026-03-11'), used: 1 }])
})

test("the day's counter adds later shares to earlier ones", async () => {
  const [here, owner, one, two, three] = await Promise.all([region(), account(), account(), account(), account()])
  const imageId = await image(owner, here)
  await shareImage(owner.ctx, asked(here, imageId, one))
  await shareImage(owner.ctx, asked(here, imageId, two, three))
  expect(await db().shareDay.findMany({ where: { accountId: owner.id } })).toMatchObject([{ used: 3 }])
})

test("a seen share keeps the time of its first view, and nobody can mark another's", async () => {
  const [here, owner, recipient, other] = await Promise.all([region(), account(), account(), account()])
  const [first, second] = [
    await held(await image(owner, here), recipient),
    await held(await image(owner, here), recipient),
  ]
  const seenAt = async (id: string) => (await db().share.findUniqueOrThrow({ where: { id } })).seenAt
  for (const stranger of [owner, other])
    expect(await markSharesSeen(stranger.ctx, { shareIds: [first, second] })).toEqual({ ok: true, value: null })
  expect(await seenAt(first)).toBeNull()
  expect(await markSharesSeen(recipient.ctx, { shareIds: [first] })).toEqual({ ok: true, value: null })
  expect([await seenAt(first), await seenAt(second)]).toEqual([noon, null])
  await markSharesSeen(recipient.at(later(minutes(5))), { shareIds: [first, second] })
  expect([await seenAt(first), await seenAt(second)]).toEqual([noon, later(minutes(5))])
})

test('nobody shares or cancels if the owner, recipient or acting account was disabled meanwhile', async () => {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  const [ops, imageId, other] = await Promise.all([account({ master: owner }), image(owner, here), account()])
  const shareId = await held(imageId, recipient)
  await db().account.updateMany({ where: { id: { in: [ops.id, recipient.id] } }, data: { disabledAt: noon } })
  const signedOut = { ok: false, refusal: { code: 'SIGNED_OUT' } }
  expect(await shareImage(ops.ctx, asked(here, imageId, other))).toEqual(signedOut)
  for (const one of [ops, recipient]) expect(await cancelShare(one.ctx, { shareId })).toEqual(signedOut)
  expect(await db().share.count({ where: { imageId } })).toBe(1)
  expect(await cancelShare(owner.ctx, { shareId })).toEqual({ ok: true, value: { shareId } })
})
