import { describe, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { getImage } from '@/lib/images/reads'
import { deleteImage } from '@/lib/images/writes'
import { account, accounts, asked, held, image, later, minutes, nth, region } from '@/lib/testing/builders'
import { getImageShares, listShareRecords } from './reads'
import { listEndedShares } from './reads-ended'
import { shareImage } from './writes'
import { cancelShare } from './writes-end'

async function shared() {
  const [here, there, owner, recipient, other, stranger] = await Promise.all([
    region(),
    region(),
    account(),
    account(),
    account(),
    account(),
  ])
  const imageId = await image(owner, here)
  const [shareId, othersId] = [await held(imageId, recipient), await held(imageId, other)]
  return { here, there, owner, recipient, other, stranger, imageId, shareId, othersId }
}

describe('a share that has ended', () => {
  it("shows its recipient the sharer's name, never that of the acting sub-account", async () => {
    const all = await shared()
    const ops = await account({ master: all.owner })
    await cancelShare(ops.at(later(minutes(2))), { shareId: all.shareId })
    const at = later(minutes(2)).toISOString()
    const told = {
      shareId: all.shareId,
      image: 'web-01',
      viewer: 'recipient',
      how: 'sharer',
      other: all.owner.username,
      at,
    }
    const sub = await account({ master: all.recipient })
    for (const who of [all.recipient, sub]) {
      expect(await listEndedShares(who.ctx, { shareIds: [all.shareId] })).toEqual([told])
      expect(await listEndedShares(who.ctx, { region: all.here, imageId: all.imageId })).toEqual([told])
    }
  })

  it('shows its owner which account returned the image', async () => {
    const all = await shared()
    const sub = await account({ master: all.recipient })
    await cancelShare(sub.at(later(1)), { shareId: all.shareId })
    const at = later(1).toISOString()
    const told = {
      shareId: all.shareId,
      image: 'web-01',
      viewer: 'sharer',
      how: 'recipient',
      other: all.recipient.username,
      at,
    }
    expect(await listEndedShares(all.owner.ctx, { shareIds: [all.shareId, all.othersId] })).toEqual([told])
    expect(JSON.stringify(told)).not.toContain(sub.username)
  })

  it("is shown to those who lose it with the image, with the image's name of that time", async () => {
    const all = await shared()
    const input = { region: all.here, imageId: all.imageId, cancelShares: true, typedName: 'web-01' }
    expect(await deleteImage(all.owner.ctx, input)).toMatchObject({ ok: true })
    await db().image.update({ where: { id: all.imageId }, data: { name: 'a later name' } })
    const [told] = await listEndedShares(all.recipient.ctx, { region: all.here, imageId: all.imageId })
    expect(told).toMatchObject({ how: 'sharer', image: 'web-01', shareId: all.shareId })
  })

  it('is not shown to anybody else: other recipients, strangers, or with a guessed id', async () => {
    const all = await shared()
    await cancelShare(all.owner.ctx, { shareId: all.shareId })
    const asking = { region: all.here, imageId: all.imageId }
    for (const who of [all.other, all.stranger, await account({ master: all.stranger })]) {
      expect(await listEndedShares(who.ctx, { shareIds: [all.shareId, all.othersId, newId('shr')] })).toEqual([])
      expect(await listEndedShares(who.ctx, asking)).toEqual([])
    }
    expect(await listEndedShares(all.owner.ctx, asking)).toEqual([])
    expect(await listEndedShares(all.recipient.ctx, { ...asking, region: all.there })).toEqual([])
    expect(await getImage(all.recipient.ctx, asking)).toBeNull()
  })

  it('is not shown if the image was shared again; of several ended shares the last one is shown', async () => {
    const all = await shared()
    const asking = { region: all.here, imageId: all.imageId }
    await cancelShare(all.owner.ctx, { shareId: all.shareId })
    const again = await shareImage(all.owner.ctx, asked(all.here, all.imageId, all.recipient))
    expect(await listEndedShares(all.recipient.ctx, asking)).toEqual([])
    const shareId = again.ok ? nth(again.value, 0).id : ''
    await cancelShare(all.recipient.ctx, { shareId })
    expect(await listEndedShares(all.recipient.ctx, asking)).toMatchObject([{ shareId, how: 'recipient' }])
  })
})

it('recipients of one share operation are sorted by username everywhere, after those of later operations', async () => {
  const [here, owner, others, last] = await Promise.all([region(), account(), accounts(12), account()])
  const imageId = await image(owner, here)
  await shareImage(owner.ctx, asked(here, imageId, ...others))
  await shareImage(owner.at(later(1)), asked(here, imageId, last))
  const names = [last.username, ...others.map((other) => other.username).sort()]
  const list = await getImageShares(owner.ctx, { region: here, imageId })
  expect(list?.shares.map((share) => share.username)).toEqual(names)
  const details = await getImage(owner.ctx, { region: here, imageId })
  expect(details?.view === 'owner' && details.recipients.map((share) => share.username)).toEqual(names)
  expect((await listShareRecords(imageId)).map((share) => share.recipient)).toEqual(names)
})
