import { describe, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { ok } from '@/lib/result'
import {
  account,
  held,
  image,
  later,
  lockWaits,
  noon,
  region,
  type TestAccount,
  whileLocked,
} from '@/lib/testing/builders'
import { untilTrue } from '@/lib/testing/until'
import { deleteImage, emptyRecycleBin, purgeImage, updateImage } from './writes'

// The rows that an update and a delete of an image read and write, and the others' rows that they leave alone.

const rowOf = async (id: string) => await db().image.findUnique({ where: { id } })
const busy = (state: string) => ({ ok: false, refusal: { code: 'IMAGE_BUSY', state } })
const deleting = (region: string, imageId: string, typedName: string | null = null) => ({
  ...{ region, imageId, typedName },
  cancelShares: typedName !== null,
})

async function tenant() {
  const [here, owner] = await Promise.all([region(), account()])
  return { here, owner, imageId: await image(owner, here) }
}

/** A copy of an image in a given state. */
async function copyOf(imageId: string, owner: TestAccount, here: string, state: 'copying' | 'available') {
  const copy = await image(owner, here, { state })
  await db().image.update({ where: { id: copy }, data: { copyOfId: imageId } })
  return copy
}

it('an image in the recycle bin cannot be changed', async () => {
  const { here, owner } = await tenant()
  const imageId = await image(owner, here, { state: 'deleted' })
  const input = { region: here, imageId, name: 'new', description: '' }
  expect(await updateImage(owner.ctx, input)).toEqual(busy('deleted'))
  expect(await rowOf(imageId)).toMatchObject({ name: 'web-01' })
})

describe('a delete', () => {
  it('is refused while the image is being copied, but not for a finished copy or a copy of another image', async () => {
    const { here, owner, imageId } = await tenant()
    await copyOf(await image(owner, here), owner, here, 'copying')
    const other = await image(owner, here)
    await copyOf(other, owner, here, 'available')
    const copy = await copyOf(imageId, owner, here, 'copying')
    expect(await deleteImage(owner.ctx, deleting(here, imageId))).toEqual(busy('read'))
    expect(await deleteImage(owner.ctx, deleting(here, other))).toMatchObject({ ok: true })
    await db().image.delete({ where: { id: copy } })
    expect(await deleteImage(owner.ctx, deleting(here, imageId))).toMatchObject({ ok: true })
  })

  it('ends only the shares of its image, each recorded with its recipient and actor', async () => {
    const { here, owner, imageId } = await tenant()
    const recipient = await account()
    const [shareId, kept] = [await held(imageId, recipient), await held(await image(owner, here), recipient)]
    const value = { imageId, cancelledShares: 1 }
    expect(await deleteImage(owner.ctx, deleting(here, imageId, 'web-01'))).toEqual({ ok: true, value })
    expect(await db().share.findMany({ where: { ownerId: owner.id } })).toMatchObject([{ id: kept }])
    expect(await db().event.findMany({ where: { ownerId: owner.id }, orderBy: { id: 'asc' } })).toMatchObject([
      {
        ...{ action: 'share.cancel', shareId, imageId, details: { by: 'sharer' } },
        ...{ recipientId: recipient.id, recipientName: recipient.username },
      },
      { action: 'image.delete', imageId, shareId: null },
    ])
  })

  it('waits for the recipient of a share that was made while it waited for the image', async () => {
    const { owner, imageId, here } = await tenant()
    const recipient = await account()
    let isDone = false
    const remove = async () => {
      const result = await deleteImage(owner.ctx, deleting(here, imageId, 'web-01'))
      isDone = true
      return result
    }
    const shared = { id: `shr-${imageId}`, imageId, ownerId: owner.id, regionId: here, recipientId: recipient.id }
    let removing: ReturnType<typeof remove> | undefined
    await inTransaction(async (tx) => {
      await tx.$queryRaw`SELECT id FROM "Account" WHERE id = ${recipient.id} FOR NO KEY UPDATE`
      const data = { ...shared, sharedById: owner.id, createdAt: noon }
      let hasCome = false
      removing = whileLocked([imageId], remove, async (other) => {
        await other.share.create({ data })
        hasCome = true
      })
      await untilTrue(async () => hasCome && (await db().share.count({ where: { imageId } })) > 0)
      await untilTrue(async () => isDone || (await lockWaits()) > 0)
      expect(isDone).toBe(false)
      return ok(null)
    })
    expect(await removing).toEqual({ ok: true, value: { imageId, cancelledShares: 1 } })
    expect(await db().share.count({ where: { imageId } })).toBe(0)
  })
})

describe('the recycle bin', () => {
  it('removes an image at once if another image holds its bytes, and keeps that one', async () => {
    const { here, owner, imageId } = await tenant()
    const { blobId } = await db().image.findUniqueOrThrow({ where: { id: imageId } })
    const same = await image(owner, here, { state: 'deleted' })
    await db().image.update({ where: { id: same }, data: { blobId } })
    expect(await purgeImage(owner.ctx, { region: here, imageId: same })).toMatchObject({ ok: true })
    expect(await rowOf(same)).toBeNull()
    expect(await rowOf(imageId)).toMatchObject({ state: 'available', blobId })
    expect(await db().blob.findUnique({ where: { id: blobId ?? '' } })).toMatchObject({ state: 'ready' })
  })

  it('is emptied of the images that the page showed and that still exist, and returns how many are left', async () => {
    const { here, owner } = await tenant()
    const binned = async (createdAt = noon) => await image(owner, here, { state: 'deleted', createdAt })
    const [one, gone] = [await binned(), await binned()]
    await binned(later(1))
    await image(await account(), here, { state: 'deleted' })
    const empty = () => emptyRecycleBin(owner.ctx, { region: here, deletedUntil: noon })
    const meanwhile = await whileLocked([one, gone], empty, (tx) => tx.image.delete({ where: { id: gone } }))
    expect(meanwhile).toEqual({ ok: true, value: { purged: 1, left: 0 } })
  })

  it('is not emptied for an account that was disabled in the meantime', async () => {
    const { here, owner } = await tenant()
    await image(owner, here, { state: 'deleted' })
    await db().account.update({ where: { id: owner.id }, data: { disabledAt: noon } })
    const emptied = await emptyRecycleBin(owner.ctx, { region: here, deletedUntil: noon })
    expect(emptied).toEqual({ ok: false, refusal: { code: 'SIGNED_OUT' } })
  })
})
