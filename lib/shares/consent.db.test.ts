import { beforeEach, describe, expect, it } from 'vitest'
import { getIncoming } from '@/lib/accounts/reads'
import { setIncoming } from '@/lib/accounts/writes-incoming'
import { lookUpRecipient } from '@/lib/accounts/writes-look-up'
import { getImageCheck } from '@/lib/checks/reads'
import { db } from '@/lib/db/client'
import { listEvents } from '@/lib/events/reads'
import { findSeenImage, getImage } from '@/lib/images/reads'
import { findUsableImage } from '@/lib/instances/reads'
import { listInstanceImages } from '@/lib/instances/reads-images'
import { listRegionContents } from '@/lib/regions/reads'
import { account, accounts, asked, image, nth, quota, region, type TestAccount, tally } from '@/lib/testing/builders'
import { countNewShares, getImageShares, listSharedImages } from './reads'
import { listEndedShares } from './reads-ended'
import { sharedImageParams } from './schema'
import { shareImage } from './writes'
import { acceptShare } from './writes-accept'
import { cancelShare, declineShare } from './writes-end'

let here: string
let owner: TestAccount
let recipient: TestAccount
let imageId: string

beforeEach(async () => {
  here = await region()
  ;[owner, recipient] = await Promise.all([account(), account()])
  imageId = await image(owner, here)
})

const asks = async (who: TestAccount) => await setIncoming(who.ctx, { policy: 'ASK', allowed: [], blocked: [] })
const listOf = async (who: TestAccount) =>
  (await listSharedImages(who.ctx, sharedImageParams.parse({ region: here }))).items
const used = async (who: TestAccount) =>
  (await listSharedImages(who.ctx, sharedImageParams.parse({ region: here }))).quota.images.used
const actions = async () =>
  (await db().event.findMany({ where: { imageId, shareId: { not: null } }, orderBy: { id: 'asc' } })).map(
    ({ action, actorName }) => `${action} by ${actorName}`,
  )

async function pending(): Promise<string> {
  await asks(recipient)
  const shared = await shareImage(owner.ctx, asked(here, imageId, recipient))
  if (!shared.ok) throw new Error(shared.refusal.code)
  expect(shared.value).toMatchObject([{ status: 'PENDING' }])
  return nth(shared.value, 0).id
}

describe('ask me first', () => {
  it("counts a pending share for the image and the day, and not for the recipient's quota", async () => {
    await quota(recipient, here, 0)
    await pending()
    const shares = await getImageShares(owner.ctx, { region: here, imageId })
    expect(shares).toMatchObject({ shares: [{ status: 'PENDING' }], today: { used: 1 } })
    expect(await used(recipient)).toBe(0)
    expect(await countNewShares(recipient.ctx, { region: here })).toEqual({ count: 1 })
    expect((await listRegionContents(recipient.ctx)).find((one) => one.region === here)).toMatchObject({ newShares: 1 })
  })

  it('shows name, operating system, size, sharer and note, and nothing else of the image', async () => {
    await pending()
    const [shown] = await listOf(recipient)
    expect(shown).toMatchObject({
      name: 'web-01',
      sharer: owner.username,
      status: 'PENDING',
      imageId: null,
      check: null,
    })
    const params = { region: here, imageId }
    expect(await findSeenImage(recipient.ctx, imageId)).toBeNull()
    expect(await getImage(recipient.ctx, { ...params, before: undefined })).toBeNull()
    expect(await getImageCheck(recipient.ctx, params)).toBeNull()
    expect(await findUsableImage(db(), recipient.ctx, imageId)).toBeNull()
    expect(await listInstanceImages(recipient.ctx, { region: here, q: '' })).toEqual([])
    expect(tally([await shareImage(recipient.ctx, asked(here, imageId, owner))])).toEqual({ IMAGE_NOT_FOUND: 1 })
    const byId = sharedImageParams.parse({ region: here, q: imageId })
    expect((await listSharedImages(recipient.ctx, byId)).items).toEqual([])
  })

  it("lets a share be used once it is accepted, and counts it then for the recipient's quota", async () => {
    const shareId = await pending()
    expect(
      tally([await acceptShare(recipient.ctx, { shareId }), await acceptShare(recipient.ctx, { shareId })]),
    ).toEqual({ ok: 2 })
    expect(await findUsableImage(db(), recipient.ctx, imageId)).not.toBeNull()
    expect(await used(recipient)).toBe(1)
    expect(await actions()).toEqual([`share.create by ${owner.username}`, `share.accept by ${recipient.username}`])
  })

  it("lets a recipient's sub-account accept, and does not show the sharer which", async () => {
    const shareId = await pending()
    const sub = await account({ master: recipient })
    expect(tally([await acceptShare(sub.ctx, { shareId })])).toEqual({ ok: 1 })
    const recorded = await db().event.findFirstOrThrow({ where: { shareId, action: 'share.accept' } })
    expect(recorded).toMatchObject({ actorName: sub.username, details: { by: 'recipient' } })
    // An event from before `by` was recorded.
    const { id: _, details: __, ...older } = recorded
    await db().event.create({ data: { ...older, noticeKinds: {}, details: {} } })
    const { items } = await listEvents({ imageId })
    const accepts = items.filter(({ action }) => action === 'share.accept')
    expect(accepts.map(({ actor }) => actor)).toEqual([recipient.username, recipient.username])
    expect(JSON.stringify(items)).not.toContain(sub.username)
  })

  it('keeps a share pending that cannot be accepted without a quota place', async () => {
    await quota(recipient, here, 0)
    const shareId = await pending()
    const answer = await acceptShare(recipient.ctx, { shareId })
    expect(answer).toEqual({
      ok: false,
      refusal: { code: 'IMAGE_QUOTA_FULL', quota: 0, used: 0, asked: 1, region: here },
    })
    expect(await listOf(recipient)).toMatchObject([{ status: 'PENDING' }])
  })

  it('lets only the recipient decline, and shows it to the sharer', async () => {
    const shareId = await pending()
    expect(tally([await declineShare(owner.ctx, { shareId }), await acceptShare(owner.ctx, { shareId })])).toEqual({
      SHARE_NOT_FOUND: 2,
    })
    expect(tally([await declineShare(recipient.ctx, { shareId })])).toEqual({ ok: 1 })
    expect(await listEndedShares(owner.ctx, { shareIds: [shareId] })).toMatchObject([
      { how: 'declined', viewer: 'sharer' },
    ])
    expect(await actions()).toEqual([`share.create by ${owner.username}`, `share.decline by ${recipient.username}`])
    expect(tally([await acceptShare(recipient.ctx, { shareId })])).toEqual({ SHARE_NOT_FOUND: 1 })
  })

  it('lets an accepted share be cancelled, not declined', async () => {
    const shareId = await pending()
    await acceptShare(recipient.ctx, { shareId })
    expect(tally([await declineShare(recipient.ctx, { shareId })])).toEqual({ SHARE_NOT_PENDING: 1 })
    expect(tally([await cancelShare(recipient.ctx, { shareId })])).toEqual({ ok: 1 })
  })
})

describe('only named sharers, and the block list', () => {
  const named = (allowed: string[], blocked: string[] = []) => ({ policy: 'NAMED' as const, allowed, blocked })

  it.each([
    ['blocked', (sharer: string) => ({ policy: 'ALL' as const, allowed: [], blocked: [sharer] })],
    ['not named', () => named(['somebody-else'])],
    ['named and blocked', (sharer: string) => named([sharer], [sharer])],
  ])(
    'a sharer that is %s is answered as if the recipient did not exist, by share and by look-up, and it counts',
    async (_, lists) => {
      expect(await setIncoming(recipient.ctx, lists(owner.username))).toMatchObject({ ok: true })
      const [stranger] = await accounts(1)
      const gone = { username: `${nth([stranger], 0)?.username}-gone` }
      const answers = [recipient, gone].map(async (to) => [
        (await lookUpRecipient(owner.ctx, to)).status,
        tally([await shareImage(owner.ctx, asked(here, imageId, to.username))]),
      ])
      for (const answer of await Promise.all(answers)) expect(answer).toEqual(['unknown', { RECIPIENT_NOT_FOUND: 1 }])
      expect(await db().unknownLookup.count({ where: { accountId: owner.id } })).toBe(2)
    },
  )

  it("accept named sharers' shares at once, and leave other existing shares alone", async () => {
    await setIncoming(recipient.ctx, named([owner.username]))
    expect(await getIncoming(recipient.ctx)).toEqual(named([owner.username]))
    const shared = await shareImage(owner.ctx, asked(here, imageId, recipient))
    expect(shared).toMatchObject({ value: [{ status: 'ACCEPTED' }] })
    await setIncoming(recipient.ctx, named([]))
    expect(await findUsableImage(db(), recipient.ctx, imageId)).not.toBeNull()
  })
})
