import { beforeEach, describe, expect, it } from 'vitest'
import { verify } from '@/lib/admin/verify'
import { db } from '@/lib/db/client'
import { getImage } from '@/lib/images/reads'
import { deleteImage } from '@/lib/images/writes'
import { beginImport } from '@/lib/imports/writes'
import { findUsableImage } from '@/lib/instances/reads'
import { listInstanceImages } from '@/lib/instances/reads-images'
import { listRegionContents } from '@/lib/regions/reads'
import {
  account,
  accounts,
  asked,
  held,
  image,
  nth,
  quota,
  race,
  region,
  type TestAccount,
  tally,
  whileLocked,
} from '@/lib/testing/builders'
import { countNewShares, getImageShares, listSharedImages, listShareRecords } from './reads'
import { listEndedShares } from './reads-ended'
import { sharedImageParams } from './schema'
import { shareImage } from './writes'
import { acceptShare } from './writes-accept'
import { cancelShare, cancelShares, endSharesOver } from './writes-end'
import { extendShares } from './writes-extend'

let here: string
let owner: TestAccount
let recipient: TestAccount
let imageId: string

beforeEach(async () => {
  here = await region()
  ;[owner, recipient] = await Promise.all([account(), account()])
  imageId = await image(owner, here)
})

/** Moves the end of a share, because expiry uses the database's clock. */
async function ends(id: string, field: 'expiresAt' | 'answerBy' = 'expiresAt', inMs = -1): Promise<void> {
  await db().share.update({ where: { id }, data: { [field]: new Date(Date.now() + inMs) } })
}

async function over(who: TestAccount = recipient): Promise<string> {
  const id = await held(imageId, who)
  await ends(id)
  return id
}

const importHere = async (who: TestAccount) =>
  await beginImport(who.ctx, { region: here, name: 'web-02', operatingSystem: 'Debian 12' })
const eventsOf = async (shareId: string) =>
  (await db().event.findMany({ where: { shareId }, orderBy: { id: 'asc' } })).map(({ action }) => action)

describe('an expired share, before a worker has seen it', () => {
  it('is in no list and no count, and its image is not accessible', async () => {
    const shareId = await over()
    const list = sharedImageParams.parse({ region: here })
    expect(await listSharedImages(recipient.ctx, list)).toMatchObject({ items: [], quota: { images: { used: 0 } } })
    expect(await countNewShares(recipient.ctx, { region: here })).toEqual({ count: 0 })
    const contents = (await listRegionContents(recipient.ctx)).find((one) => one.region === here)
    expect(contents).toMatchObject({ shares: 0, newShares: 0 })
    expect(await getImage(recipient.ctx, { region: here, imageId, before: undefined })).toBeNull()
    expect(await findUsableImage(db(), recipient.ctx, imageId)).toBeNull()
    expect(await listInstanceImages(recipient.ctx, { region: here, q: '' })).toEqual([])
    expect(await getImageShares(owner.ctx, { region: here, imageId })).toMatchObject({ shares: [] })
    expect(await listShareRecords(imageId)).toEqual([])
    expect(await listEndedShares(owner.ctx, { shareIds: [shareId] })).toMatchObject([
      { how: 'expired', viewer: 'sharer' },
    ])
    expect(await listEndedShares(recipient.ctx, { region: here, imageId })).toMatchObject([{ how: 'expired' }])
  })

  it('cannot be cancelled, extended or accepted', async () => {
    const shareId = await over()
    const answers = [
      await cancelShare(owner.ctx, { shareId }),
      await cancelShare(recipient.ctx, { shareId }),
      await acceptShare(recipient.ctx, { shareId }),
      await extendShares(owner.ctx, { shareIds: [shareId], until: '7' }),
    ]
    expect(tally(answers)).toEqual({ SHARE_NOT_FOUND: 3, SHARES_ENDED: 1 })
  })

  it('is not revived by an extension or acceptance that stalls between reading and writing it', async () => {
    const [first, second] = [await held(imageId, recipient), await held(imageId, nth(await accounts(1), 0))]
    const past = { expiresAt: new Date(Date.now() - 1) }
    const extended = await whileLocked(
      [second],
      () => extendShares(owner.ctx, { shareIds: [first, second], until: '7' }),
      (tx) => tx.share.update({ where: { id: second }, data: past }),
    )
    expect(extended).toEqual({ ok: false, refusal: { code: 'SHARES_ENDED', asked: 2, ended: 1 } })
    const rows = await db().share.findMany({ where: { id: { in: [first, second] } } })
    expect(rows.map(({ expiresAt }) => expiresAt).sort()).toEqual([past.expiresAt, null])
    await db().share.update({
      where: { id: first },
      data: { status: 'PENDING', answerBy: new Date(Date.now() + 60_000) },
    })
    const accepted = await whileLocked(
      [first],
      () => acceptShare(recipient.ctx, { shareId: first }),
      (tx) => tx.share.update({ where: { id: first }, data: { answerBy: past.expiresAt } }),
    )
    expect(tally([accepted])).toEqual({ SHARE_NOT_FOUND: 1 })
    expect(await db().share.findUnique({ where: { id: first } })).toMatchObject({ status: 'PENDING' })
    for (const id of [first, second]) expect(await eventsOf(id)).toEqual([])
  })

  it('frees its places: one of the 20, and one of the recipient', async () => {
    await quota(recipient, here, 1)
    const holders = await accounts(19)
    for (const holder of holders) await held(imageId, holder)
    const shareId = await over()
    const another = await account()
    expect(tally([await importHere(recipient), await shareImage(owner.ctx, asked(here, imageId, another))])).toEqual({
      ok: 2,
    })
    expect(tally([await shareImage(owner.ctx, asked(here, imageId, recipient))])).toEqual({ IMAGE_RECIPIENTS_FULL: 1 })
    expect(await eventsOf(shareId)).toEqual([])
  })

  it('does not prevent another share with the same recipient, which records its end', async () => {
    const shareId = await over()
    expect(tally([await shareImage(owner.ctx, asked(here, imageId, recipient))])).toEqual({ ok: 1 })
    expect(await eventsOf(shareId)).toEqual(['share.expire'])
    await endSharesOver(new Date())
    expect(await db().share.count({ where: { imageId } })).toBe(1)
  })

  it('does not prevent the deletion of its image, and ends with it', async () => {
    const shareId = await over()
    const input = { region: here, imageId, cancelShares: false, typedName: null }
    expect(await deleteImage(owner.ctx, input)).toMatchObject({ ok: true, value: { cancelledShares: 0 } })
    expect(await eventsOf(shareId)).toEqual(['share.expire'])
  })
})

describe('the sweep', () => {
  it('records the end of a share once, however many workers run, by the console and for its owner', async () => {
    const shares = await Promise.all((await accounts(6)).map(over))
    await race(8, async () => {
      await endSharesOver(new Date())
      return { ok: true as const, value: null }
    })
    for (const id of shares) expect(await eventsOf(id)).toEqual(['share.expire'])
    expect(await db().share.count({ where: { imageId } })).toBe(0)
    const event = await db().event.findFirst({ where: { shareId: nth(shares, 0) } })
    expect(event).toMatchObject({ actorName: 'system', ownerId: owner.id, imageId, regionId: here })
    const mine = (await verify()).filter(({ id }) => shares.includes(id) && id !== '')
    // The builder's shares have no creation event, which verify reports while they exist.
    expect(mine).toEqual([])
  })

  it('ends an unanswered pending share, and records that', async () => {
    await db().account.update({ where: { id: recipient.id }, data: { incoming: 'ASK' } })
    const shared = await shareImage(owner.ctx, asked(here, imageId, recipient))
    const shareId = shared.ok ? nth(shared.value, 0).id : ''
    await endSharesOver(new Date())
    expect(await eventsOf(shareId)).toEqual(['share.create'])
    await ends(shareId, 'answerBy')
    expect(tally([await acceptShare(recipient.ctx, { shareId })])).toEqual({ SHARE_NOT_FOUND: 1 })
    await endSharesOver(new Date())
    expect(await eventsOf(shareId)).toEqual(['share.create', 'share.lapse'])
    expect(await listEndedShares(owner.ctx, { shareIds: [shareId] })).toMatchObject([{ how: 'unanswered' }])
  })

  it('leaves shares whose end is in the future', async () => {
    const id = await held(imageId, recipient)
    await ends(id, 'expiresAt', 60_000)
    await endSharesOver(new Date())
    expect(await db().share.count({ where: { id } })).toBe(1)
  })
})

describe('several shares at once', () => {
  const untilOf = async (ids: string[]) =>
    (await db().share.findMany({ where: { id: { in: ids } } })).map(({ expiresAt }) => expiresAt !== null)

  it("are all extended or cancelled, or none if one is another owner's or has expired", async () => {
    const [first, second, stranger] = await accounts(3)
    const mine = [await held(imageId, nth([first], 0) ?? recipient), await held(imageId, nth([second], 0) ?? recipient)]
    const others = await held(await image(stranger ?? owner, here), recipient)
    const gone = await over()
    for (const wrong of [others, gone]) {
      const shareIds = [...mine, wrong]
      const refused = { ok: false, refusal: { code: 'SHARES_ENDED', asked: 3, ended: 1 } }
      expect(await extendShares(owner.ctx, { shareIds, until: '7' })).toEqual(refused)
      expect(await cancelShares(owner.ctx, { shareIds })).toEqual(refused)
    }
    expect(await untilOf(mine)).toEqual([false, false])
    expect(tally([await extendShares(owner.ctx, { shareIds: mine, until: '7' })])).toEqual({ ok: 1 })
    expect(await untilOf(mine)).toEqual([true, true])
    expect(tally([await extendShares(recipient.ctx, { shareIds: mine, until: 'never' })])).toEqual({ SHARES_ENDED: 1 })
    expect(tally([await cancelShares(owner.ctx, { shareIds: mine })])).toEqual({ ok: 1 })
    expect(await db().share.count({ where: { id: { in: mine } } })).toBe(0)
    for (const id of mine) expect(await eventsOf(id)).toEqual(['share.extend', 'share.cancel'])
  })

  it('are not extended to a day that has passed', async () => {
    const shareIds = [await held(imageId, recipient)]
    const answer = await extendShares(owner.ctx, { shareIds, until: 'date', untilDate: '2026-01-01' })
    expect(tally([answer])).toEqual({ SHARE_END_PAST: 1 })
  })
})
