import { describe, expect, it, test } from 'vitest'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { account, asked, held, image, noon, region, type TestAccount } from '@/lib/testing/builders'
import { shareImage } from './writes'

// Constraints of the database itself: raw SQL, as a bug or a person could send it.

async function insertShare(imageId: string, owner: TestAccount, regionId: string, recipient: TestAccount) {
  await db().$executeRaw`
    INSERT INTO "Share" (id, "imageId", "ownerId", "regionId", "recipientId", "sharedById", "createdAt")
    VALUES (${newId('shr')}, ${imageId}, ${owner.id}, ${regionId}, ${recipient.id}, ${owner.id}, now())`
}

describe('the database refuses', () => {
  it("a share of another's image", async () => {
    const [here, owner, thief, recipient] = await Promise.all([region(), account(), account(), account()])
    const imageId = await image(owner, here)
    await expect(insertShare(imageId, thief, here, recipient)).rejects.toThrow('23503')
    await insertShare(imageId, owner, here, recipient)
  })

  it('a share in another region than its image', async () => {
    const [here, there, owner, recipient] = await Promise.all([region(), region(), account(), account()])
    await expect(insertShare(await image(owner, here), owner, there, recipient)).rejects.toThrow('23503')
  })

  it('a share of an image with its owner', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    await expect(insertShare(await image(owner, here), owner, here, owner)).rejects.toThrow('23514')
  })

  it('a second share of an image with one recipient', async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const imageId = await image(owner, here)
    await held(imageId, recipient)
    await expect(insertShare(imageId, owner, here, recipient)).rejects.toThrow('23505')
  })

  it('to delete an image or an account that has shares', async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const imageId = await image(owner, here)
    await held(imageId, recipient)
    await expect(db().$executeRaw`DELETE FROM "Image" WHERE id = ${imageId}`).rejects.toThrow(/23001|23503/)
    await expect(db().$executeRaw`DELETE FROM "Account" WHERE id = ${recipient.id}`).rejects.toThrow(/23001|23503/)
  })

  it('a sub-account without a master, and a master with one', async () => {
    const master = await account()
    const setKind = async (kind: string, masterId: string | null) =>
      await db()
        .$executeRaw`UPDATE "Account" SET kind = ${kind}::"AccountKind", "masterId" = ${masterId} WHERE id = ${master.id}`
    await expect(setKind('SUB', null)).rejects.toThrow('23514')
    await expect(setKind('MASTER', master.id)).rejects.toThrow('23514')
  })
})

test('recorded events can be neither changed nor deleted', async () => {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  const imageId = await image(owner, here)
  await shareImage(owner.ctx, asked(here, imageId, recipient))
  const before = await db().event.findMany({ where: { imageId } })
  expect(before).toMatchObject([{ action: 'share.create', at: noon }])
  await expect(db().$executeRaw`UPDATE "Event" SET "actorName" = 'nobody'`).rejects.toThrow('append-only')
  await expect(db().event.updateMany({ data: { action: 'share.cancel' } })).rejects.toThrow('append-only')
  await expect(db().$executeRaw`DELETE FROM "Event" WHERE "imageId" = ${imageId}`).rejects.toThrow('append-only')
  await expect(db().event.deleteMany()).rejects.toThrow('append-only')
  await expect(db().$executeRaw`TRUNCATE "Event" CASCADE`).rejects.toThrow('append-only')
  expect(await db().event.findMany({ where: { imageId } })).toEqual(before)
})
