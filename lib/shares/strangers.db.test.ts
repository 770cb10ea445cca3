import { describe, expect, it } from 'vitest'
import { issuedBy } from '@/lib/bench/share-statements'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { getImage } from '@/lib/images/reads'
import { deleteImage, updateImage } from '@/lib/images/writes'
import { account, asked, held, image, region, sharesToday, type TestAccount } from '@/lib/testing/builders'
import { getImageShares, listSharedImages } from './reads'
import { sharedImageParams } from './schema'
import { shareImage } from './writes'
import { cancelShare } from './writes-end'
import { markSharesSeen } from './writes-seen'

/** A shared image, and the accounts that could ask about it. */
async function everybody() {
  const [here, there, owner, recipient, stranger] = await Promise.all([
    region(),
    region(),
    account(),
    account(),
    account(),
  ])
  const [recipientSub, strangerSub] = [await account({ master: recipient }), await account({ master: stranger })]
  const imageId = await image(owner, here)
  const shareId = await held(imageId, recipient)
  return { here, there, owner, recipient, recipientSub, stranger, strangerSub, imageId, shareId }
}

/** Every operation on an image and its share. */
async function askAll(who: TestAccount, regionId: string, imageId: string, shareId: string, to: TestAccount) {
  return {
    getImage: await getImage(who.ctx, { region: regionId, imageId }),
    getImageShares: await getImageShares(who.ctx, { region: regionId, imageId }),
    listed: (await listSharedImages(who.ctx, sharedImageParams.parse({ region: regionId }))).items,
    share: await shareImage(who.ctx, asked(regionId, imageId, to)),
    update: await updateImage(who.ctx, { region: regionId, imageId, name: 'mine', description: '' }),
    delete: await deleteImage(who.ctx, { region: regionId, imageId, cancelShares: true, typedName: 'web-01' }),
    cancel: await cancelShare(who.ctx, { shareId }),
    seen: await markSharesSeen(who.ctx, { shareIds: [shareId] }),
  }
}

describe('a stranger', () => {
  it.each(['stranger', 'strangerSub'] as const)(
    '(%s) is answered as if neither image nor share existed, in every region, and changes nothing',
    async (name) => {
      const all = await everybody()
      const before = await db().share.findMany({ where: { imageId: all.imageId } })
      const unknown = await askAll(all[name], all.here, newId('img'), newId('shr'), all.owner)
      for (const where of [all.here, all.there]) {
        expect(await askAll(all[name], where, all.imageId, all.shareId, all.owner)).toEqual(unknown)
      }
      expect(unknown).toMatchObject({
        getImage: null,
        getImageShares: null,
        listed: [],
        share: { refusal: { code: 'IMAGE_NOT_FOUND' } },
        update: { refusal: { code: 'IMAGE_NOT_FOUND' } },
        delete: { refusal: { code: 'IMAGE_NOT_FOUND' } },
        cancel: { refusal: { code: 'SHARE_NOT_FOUND' } },
      })
      expect(await db().share.findMany({ where: { imageId: all.imageId } })).toEqual(before)
      expect(await db().event.count({ where: { imageId: all.imageId } })).toBe(0)
      expect(await sharesToday(all[name])).toEqual({ used: 0, events: 0 })
    },
  )
})

it("a stranger's read of an image runs the same statements as for a missing one", async () => {
  const { here, stranger, imageId } = await everybody()
  const statementsOf = async (id: string) => {
    const at = { region: here, imageId: id }
    const details = await issuedBy(() => getImage(stranger.ctx, at))
    const shares = await issuedBy(() => getImageShares(stranger.ctx, at))
    return [...details, ...shares].map(({ text }) => text)
  }
  const absent = await statementsOf(newId('img'))
  expect(absent.length).toBeGreaterThan(0)
  expect(await statementsOf(imageId)).toEqual(absent)
})

describe('a recipient', () => {
  it.each(['recipient', 'recipientSub'] as const)(
    '(%s) can see the image and neither share it on, rename or delete it nor see its other recipients',
    async (name) => {
      const all = await everybody()
      const other = await account()
      await held(all.imageId, other)
      const who = all[name]
      const details = await getImage(who.ctx, { region: all.here, imageId: all.imageId })
      expect(details).toMatchObject({ view: 'recipient', sharer: all.owner.username, shareId: all.shareId })
      expect(JSON.stringify(details)).not.toContain(other.username)
      expect(details).not.toHaveProperty('sha256')
      expect(details).not.toHaveProperty('recipients')
      expect(await getImageShares(who.ctx, { region: all.here, imageId: all.imageId })).toBeNull()
      const on = await shareImage(who.ctx, asked(all.here, all.imageId, all.stranger))
      expect(on).toEqual({ ok: false, refusal: { code: 'RESHARE_FORBIDDEN' } })
      const at = { region: all.here, imageId: all.imageId }
      const refused = { ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } }
      expect(await updateImage(who.ctx, { ...at, name: 'mine', description: '' })).toEqual(refused)
      expect(await deleteImage(who.ctx, { ...at, cancelShares: true, typedName: 'web-01' })).toEqual(refused)
    },
  )

  it('finds nothing of it in another region', async () => {
    const all = await everybody()
    expect(await getImage(all.recipient.ctx, { region: all.there, imageId: all.imageId })).toBeNull()
    const on = await shareImage(all.recipient.ctx, asked(all.there, all.imageId, all.stranger))
    expect(on).toEqual({ ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } })
  })

  it("cannot end another recipient's share", async () => {
    const all = await everybody()
    const theirs = await held(all.imageId, all.stranger)
    const answer = await cancelShare(all.recipient.ctx, { shareId: theirs })
    expect(answer).toEqual({ ok: false, refusal: { code: 'SHARE_NOT_FOUND' } })
    expect(await db().share.count({ where: { id: theirs } })).toBe(1)
  })
})

describe('the owner under another region', () => {
  it('is linked to the right region and cannot act in another', async () => {
    const all = await everybody()
    const at = { region: all.there, imageId: all.imageId }
    const mismatch = { code: 'REGION_MISMATCH', imageId: all.imageId, imageRegion: all.here, region: all.there }
    const refused = { ok: false, refusal: mismatch }
    expect(await shareImage(all.owner.ctx, asked(all.there, all.imageId, all.stranger))).toEqual(refused)
    expect(await updateImage(all.owner.ctx, { ...at, name: 'x', description: '' })).toEqual(refused)
    expect(await deleteImage(all.owner.ctx, { ...at, cancelShares: true, typedName: 'web-01' })).toEqual(refused)
    expect(await getImage(all.owner.ctx, at)).toEqual({
      view: 'elsewhere',
      id: all.imageId,
      name: 'web-01',
      imageRegion: all.here,
    })
    expect(await getImageShares(all.owner.ctx, at)).toBeNull()
  })
})
