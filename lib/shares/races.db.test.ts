import { afterAll, describe, expect, it } from 'vitest'
import { setDisabled } from '@/lib/accounts/writes'
import { operatorContext } from '@/lib/admin/operator'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { deleteImage, updateImage } from '@/lib/images/writes'
import { beginImport } from '@/lib/imports/writes'
import type { RefusalCode, Result } from '@/lib/result'
import {
  account,
  accounts,
  asked,
  held,
  image,
  later,
  minutes,
  nth,
  race,
  region,
  somebodyWaits,
  type TestAccount,
  tally,
  whileLocked,
} from '@/lib/testing/builders'
import { countDeadlocks } from '@/lib/testing/deadlocks'
import { untilTrue } from '@/lib/testing/until'
import { shareImage } from './writes'
import { cancelShare } from './writes-end'

process.env.ECS_DATABASE_POOL = '30'

afterAll(async () => expect(await countDeadlocks()).toBe(0))

const sharesOf = async (imageId: string) => await db().share.count({ where: { imageId } })
const stateOf = async (imageId: string) => (await db().image.findUnique({ where: { id: imageId } }))?.state
const deleting = (regionId: string, imageId: string, typedName: string | null = null) => ({
  region: regionId,
  imageId,
  cancelShares: typedName !== null,
  typedName,
})

describe('share against delete', () => {
  it('one of the two wins: no deleted image is shared, no shared image is deleted', async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    for (let round = 0; round < 30; round++) {
      const imageId = await image(owner, here)
      const acts: (() => Promise<Result<unknown>>)[] = [
        () => shareImage(owner.ctx, asked(here, imageId, recipient)),
        () => deleteImage(owner.ctx, deleting(here, imageId)),
      ]
      if (round % 2) acts.reverse()
      const results = await Promise.all(acts.map((act) => act()))
      const [shared, deleted] = round % 2 ? [nth(results, 1), nth(results, 0)] : [nth(results, 0), nth(results, 1)]
      if (shared.ok) expect(tally([deleted])).toEqual({ IMAGE_IS_SHARED: 1 })
      else expect(tally([shared, deleted])).toEqual({ IMAGE_NOT_AVAILABLE: 1, ok: 1 })
      expect([await sharesOf(imageId), await stateOf(imageId)]).toEqual(shared.ok ? [1, 'available'] : [0, 'deleted'])
    }
  })

  it('a delete that cancels all sharing leaves no share, not even of those made meanwhile', async () => {
    const [here, owner, recipients] = await Promise.all([region(), account(), accounts(8)])
    for (let round = 0; round < 8; round++) {
      const imageId = await image(owner, here)
      const results = await race<Result<unknown>>(9, (index) =>
        index === 4
          ? deleteImage(owner.at(later(round)), deleting(here, imageId, 'web-01'))
          : shareImage(owner.at(later(round)), asked(here, imageId, nth(recipients, index < 4 ? index : index - 1))),
      )
      expect(tally([nth(results, 4)])).toEqual({ ok: 1 })
      expect([await sharesOf(imageId), await stateOf(imageId)]).toEqual([0, 'deleted'])
      const created = await db().event.count({ where: { imageId, action: 'share.create' } })
      expect(await db().event.count({ where: { imageId, action: 'share.cancel' } })).toBe(created)
    }
  })

  it('a share made between the read and the locks of a delete makes the delete start over, and is cancelled with the rest', async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const imageId = await image(owner, here)
    const id = newId('shr')
    const share = { id, imageId, ownerId: owner.id, regionId: here, recipientId: recipient.id, sharedById: owner.id }
    const sharing = () =>
      whileLocked(
        [owner.id],
        () => deleteImage(owner.ctx, deleting(here, imageId, 'web-01')),
        (tx) => tx.share.create({ data: { ...share, createdAt: owner.ctx.now } }),
      )
    // The delete has found the share once it waits for the recipient, who is locked here.
    const deleted = await whileLocked([recipient.id], sharing, async () => {
      await untilTrue(() => db().share.findUnique({ where: { id } }))
      await somebodyWaits()
    })
    expect(deleted).toMatchObject({ ok: true })
    expect(await sharesOf(imageId)).toBe(0)
    expect(await db().event.count({ where: { shareId: id, action: 'share.cancel' } })).toBe(1)
  })

  it('an image that changes between the read and the lock is judged by its state under the lock', async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const writes: [code: RefusalCode, write: (imageId: string) => Promise<Result<unknown>>][] = [
      ['IMAGE_NOT_AVAILABLE', (imageId) => shareImage(owner.ctx, asked(here, imageId, recipient))],
      ['IMAGE_BUSY', (imageId) => updateImage(owner.ctx, { region: here, imageId, name: 'web-02', description: '' })],
      ['IMAGE_BUSY', (imageId) => deleteImage(owner.ctx, deleting(here, imageId))],
    ]
    for (const [code, write] of writes) {
      const imageId = await image(owner, here)
      const answer = await whileLocked(
        [imageId],
        () => write(imageId),
        (tx) => tx.image.update({ where: { id: imageId }, data: { state: 'deleting' } }),
      )
      expect(answer).toEqual({ ok: false, refusal: { code, state: 'deleting' } })
    }
  })
})

describe('share against disable', () => {
  it('a recipient that is disabled first is not found, one that is disabled later keeps the image', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    for (let round = 0; round < 20; round++) {
      const [imageId, recipient] = [await image(owner, here), await account()]
      const [shared] = await Promise.all([
        shareImage(owner.ctx, asked(here, imageId, recipient)),
        setDisabled(operatorContext(), recipient.username, true),
      ])
      if (!shared.ok) expect(shared.refusal.code).toBe('RECIPIENT_NOT_FOUND')
      expect(await sharesOf(imageId)).toBe(shared.ok ? 1 : 0)
    }
  })

  it('a recipient that is disabled between the read and the lock is not found', async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const imageId = await image(owner, here)
    const shared = await whileLocked(
      [recipient.id],
      () => shareImage(owner.ctx, asked(here, imageId, recipient)),
      (tx) => tx.account.update({ where: { id: recipient.id }, data: { disabledAt: owner.ctx.now } }),
    )
    const recipients = [{ username: recipient.username, code: 'RECIPIENT_NOT_FOUND' }]
    expect(shared).toEqual({ ok: false, refusal: { code: 'RECIPIENT_NOT_FOUND', recipients } })
    expect(await sharesOf(imageId)).toBe(0)
  })

  const writes: Record<string, (who: TestAccount, here: string, imageId: string, to: TestAccount) => Promise<unknown>> =
    {
      share: async (who, here, imageId, to) => await shareImage(who.ctx, asked(here, imageId, to)),
      cancel: async (who, _, imageId) => {
        const share = await db().share.findFirstOrThrow({ where: { imageId } })
        return await cancelShare(who.ctx, { shareId: share.id })
      },
      delete: async (who, here, imageId) => await deleteImage(who.ctx, deleting(here, imageId, 'web-01')),
      update: async (who, region, imageId) =>
        await updateImage(who.ctx, { region, imageId, name: 'web-02', description: '' }),
      import: async (who, region) =>
        await beginImport(who.ctx, { region, name: 'web-02', operatingSystem: 'Debian 12' }),
    }

  describe.each(Object.entries(writes))('%s', (_, write) => {
    it.each(['a master account', 'a sub-account', 'a sub-account whose master'])(
      'by %s that is disabled before the lock is acquired is SIGNED_OUT, and nothing is written',
      async (who) => {
        const [here, owner, holder, other] = await Promise.all([region(), account(), account(), account()])
        const actor = who === 'a master account' ? owner : await account({ master: owner })
        const disabled = who === 'a sub-account' ? actor : owner
        const imageId = await image(owner, here)
        await held(imageId, holder)
        const answer = await whileLocked(
          [disabled.id],
          () => write(actor, here, imageId, other),
          (tx) => tx.account.update({ where: { id: disabled.id }, data: { disabledAt: owner.ctx.now } }),
        )
        expect(answer).toEqual({ ok: false, refusal: { code: 'SIGNED_OUT' } })
        expect(await db().event.count({ where: { ownerId: owner.id } })).toBe(0)
        expect(await db().image.findMany({ where: { ownerId: owner.id } })).toMatchObject([
          { id: imageId, name: 'web-01', state: 'available' },
        ])
        expect(await sharesOf(imageId)).toBe(1)
      },
    )
  })
})

describe('no operation fails with a deadlock', () => {
  it('in 40 rounds of A→B against B→A, shared and cancelled', async () => {
    const [here, one, other] = await Promise.all([region(), account(), account()])
    for (let round = 0; round < 40; round++) {
      const now = later(round * minutes(60))
      const [mine, theirs] = [await image(one, here), await image(other, here)]
      const shared = await Promise.all([
        shareImage(one.at(now), asked(here, mine, other)),
        shareImage(other.at(now), asked(here, theirs, one)),
      ])
      expect(tally(shared)).toEqual({ ok: 2 })
      const ids = shared.map((result) => (result.ok ? nth(result.value, 0).id : ''))
      const cancelled = await Promise.all([
        cancelShare(one.at(now), { shareId: nth(ids, 1) }),
        cancelShare(other.at(now), { shareId: nth(ids, 0) }),
      ])
      expect(tally(cancelled)).toEqual({ ok: 2 })
      await db().image.deleteMany({ where: { id: { in: [mine, theirs] } } })
    }
  })

  it('when six accounts share with each other all at once, several usernames in any order, and delete', async () => {
    const [here, all] = await Promise.all([region(), accounts(6)])
    const images = await Promise.all(all.map((owner) => image(owner, here)))
    const results = await race<Result<unknown>>(24, (index) => {
      const owner = nth(all, index % 6)
      const imageId = nth(images, index % 6)
      if (index >= 18) return deleteImage(owner.ctx, deleting(here, imageId, 'web-01'))
      const others = all.filter((one) => one !== owner)
      const rotated = [...others.slice(index % 5), ...others.slice(0, index % 5)]
      return shareImage(owner.ctx, asked(here, imageId, ...rotated))
    })
    const { ok = 0, ALREADY_SHARED = 0, IMAGE_NOT_AVAILABLE = 0, ...others } = tally(results)
    expect([ok + ALREADY_SHARED + IMAGE_NOT_AVAILABLE, others]).toEqual([24, {}])
    expect(await db().share.count({ where: { imageId: { in: images } } })).toBe(0)
  })
})
