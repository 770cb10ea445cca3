import { expect, it } from 'vitest'
import { setIncoming } from '@/lib/accounts/writes-incoming'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok } from '@/lib/result'
import { shareImage } from '@/lib/shares/writes'
import { acceptShare } from '@/lib/shares/writes-accept'
import { cancelShare } from '@/lib/shares/writes-end'
import { account, asked, image, nth, region, type TestAccount } from '@/lib/testing/builders'
import { countUnread, listNotices } from './reads'
import { noticeParams } from './schema'
import { claimDelivery, setWebhook } from './writes-webhook'

// Who sees a notice, and how much of its image.

const all = noticeParams.parse({})

async function share(sharer: TestAccount, recipient: TestAccount, here: string): Promise<string> {
  const answer = await shareImage(sharer.ctx, asked(here, await image(sharer, here), recipient))
  if (!answer.ok) throw new Error(answer.refusal.code)
  return nth(answer.value, 0).id
}

async function told(reader: TestAccount) {
  const { items } = await listNotices(reader.ctx, all)
  return { kinds: items.map(({ kind, regionId }) => `${kind} ${regionId}`), ...(await countUnread(reader.ctx)) }
}

it('a sub-account gets notices of images where its policies let it read them, and of its own sign-ins everywhere', async () => {
  const [sharer, master, here, there] = [await account(), await account(), await region(), await region()]
  const person = async (regions: string[] | null) =>
    await account({ master, grants: [{ policy: 'ImagesReadOnly', regions }] })
  const [everywhere, oneRegion] = [await person(null), await person([here])]
  const none = await account({ master, grants: [{ policy: 'BillingReadOnly', regions: null }] })
  await share(sharer, master, here)
  await share(sharer, master, there)
  for (const { ctx } of [everywhere, oneRegion, none])
    await inTransaction(async (tx) => ok(await recordEvents(tx, ctx, [{ action: 'session.place' }])))
  const [signIn, ofHere, ofThere] = ['session.place null', `share.received ${here}`, `share.received ${there}`]
  expect(await told(everywhere)).toEqual({ kinds: [signIn, ofThere, ofHere], unread: 3, isMore: false })
  expect(await told(oneRegion)).toEqual({ kinds: [signIn, ofHere], unread: 2, isMore: false })
  expect(await told(none)).toEqual({ kinds: [signIn], unread: 1, isMore: false })
  expect(await told(master)).toEqual({ kinds: [ofThere, ofHere], unread: 2, isMore: false })
})

/** The image in the newest notice, and in the newest message to the webhook. */
async function imagesOf(reader: TestAccount) {
  const { items } = await listNotices(reader.ctx, all)
  const { id } = await db().webhookDelivery.findFirstOrThrow({
    where: { ownerId: reader.id },
    orderBy: { id: 'desc' },
  })
  await db().$executeRaw`
    UPDATE "WebhookDelivery" SET tries = 0, state = 'waiting', "dueAt" = clock_timestamp() WHERE id = ${id}`
  const claimed = await claimDelivery(id.toString())
  return [nth(items, 0).image, JSON.parse(claimed?.body ?? '').data.image]
}

it("a recipient knows an image's id only while it is shared with it and accepted", async () => {
  const [sharer, recipient, here] = [await account(), await account(), await region()]
  await setIncoming(recipient.ctx, { policy: 'ASK', allowed: [], blocked: [] })
  for (const { ctx } of [sharer, recipient]) await setWebhook(ctx, { url: 'https://receiver.example/' })
  const shareId = await share(sharer, recipient, here)
  const { imageId } = await db().share.findUniqueOrThrow({ where: { id: shareId } })
  const [unknown, known] = [
    { id: null, name: 'web-01' },
    { id: imageId, name: 'web-01' },
  ]
  expect(await imagesOf(recipient)).toEqual([unknown, unknown])
  expect(await acceptShare(recipient.ctx, { shareId })).toMatchObject({ ok: true })
  expect(await imagesOf(recipient)).toEqual([known, known])
  expect(await imagesOf(sharer)).toEqual([known, known])
  await cancelShare(sharer.ctx, { shareId })
  expect(await imagesOf(recipient)).toEqual([unknown, unknown])
  expect(await imagesOf(sharer)).toEqual([known, known])
})

it('a URL without TLS is refused unless the operator allows private networks', async () => {
  const { ctx } = await account()
  const refusal = { code: 'INVALID_INPUT', field: 'url', problem: 'no-tls' }
  for (const url of ['http://receiver.example/', 'HTTP://receiver.example/'])
    expect(await setWebhook(ctx, { url })).toEqual({ ok: false, refusal })
  expect(await setWebhook(ctx, { url: 'https://receiver.example/' })).toEqual(ok(null))
})
