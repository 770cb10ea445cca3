import { describe, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { account, held, image, later, minutes, nth, region, type TestAccount } from '@/lib/testing/builders'
import { instance } from '@/lib/testing/builders-instances'
import { findListedShares, listShares, shareLines } from './reads-list'
import { shareExportParams, shareListParams } from './schema-list'

const given = (who: TestAccount, here: string, asked: Record<string, string> = {}) =>
  listShares(who.ctx, shareListParams.parse({ region: here, tab: 'given', ...asked }))
const received = (who: TestAccount, here: string, asked: Record<string, string> = {}) =>
  listShares(who.ctx, shareListParams.parse({ region: here, ...asked }))

async function tenants() {
  const [here, owner, recipient, other] = await Promise.all([region(), account(), account(), account()])
  const [web, mail] = [await image(owner, here, { name: 'web-01' }), await image(owner, here, { name: 'mail-01' })]
  return { here, owner, recipient, other, web, mail }
}

/** Shares of many images with one recipient, a minute apart. Returns their ids, newest first. */
async function manyShares(count: number) {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const id = await held(await image(owner, here, { name: `web-${index}` }), recipient)
    await db().share.update({ where: { id }, data: { createdAt: later(minutes(index)) } })
    ids.unshift(id)
  }
  return { here, owner, recipient, ids }
}

describe('who has access', () => {
  it("one share is in its owner's given list and its recipient's received list, and in nobody else's", async () => {
    const { here, owner, recipient, other, web } = await tenants()
    const id = await held(web, recipient)
    const facts = { id, imageId: web, image: 'web-01', state: 'ACCEPTED', until: null, lastUsedAt: null, instances: 0 }
    expect((await given(owner, here)).items).toMatchObject([{ ...facts, username: recipient.username }])
    expect((await received(recipient, here)).items).toMatchObject([{ ...facts, username: owner.username }])
    const elsewhere = await region()
    const empty = [given(recipient, here), received(owner, here), given(other, here), received(other, here)]
    for (const list of await Promise.all([...empty, given(owner, elsewhere), received(recipient, elsewhere)]))
      expect(list).toMatchObject({ items: [], next: null, prev: null })
  })

  it('the owner sees which sub-account shared, the recipient only its master', async () => {
    const { here, owner, recipient, web } = await tenants()
    const sub = await account({ master: owner })
    const id = await held(web, recipient)
    await db().share.update({ where: { id }, data: { sharedById: sub.id } })
    expect(nth((await given(owner, here)).items, 0).sharedBy).toBe(sub.username)
    expect(JSON.stringify(await received(recipient, here))).not.toContain(sub.username)
  })

  it("both sides see the recipient's last use and number of instances, and nothing of others", async () => {
    const { here, owner, recipient, other, web } = await tenants()
    await Promise.all([held(web, recipient), held(web, other)])
    for (const at of [1, 3, 2]) {
      const made = await instance(recipient, here, { imageId: web, name: `m-${at}` })
      const state = at === 3 ? ({ state: 'terminated', terminatedAt: later(minutes(9)), blobId: null } as const) : {}
      await db().instance.update({ where: { id: made }, data: { createdAt: later(minutes(at)), ...state } })
    }
    const used = { instances: 2, lastUsedAt: later(minutes(3)).toISOString() }
    const rows = (await given(owner, here)).items
    expect(rows.find(({ username }) => username === recipient.username)).toMatchObject(used)
    expect(rows.find(({ username }) => username === other.username)).toMatchObject({ instances: 0, lastUsedAt: null })
    expect((await received(recipient, here)).items).toMatchObject([used])
    expect((await received(other, here)).items).toMatchObject([{ instances: 0, lastUsedAt: null }])
  })

  it('an expired share is in no list', async () => {
    const { here, owner, recipient, web } = await tenants()
    const id = await held(web, recipient)
    await db().share.update({ where: { id }, data: { expiresAt: owner.ctx.now } })
    expect((await given(owner, here)).items).toEqual([])
    expect((await received(recipient, here)).items).toEqual([])
  })

  it("is searched by the image's name and id and the other side's username, where % and _ are literal", async () => {
    const { here, owner, recipient, other, web, mail } = await tenants()
    await Promise.all([held(web, recipient), held(mail, other)])
    const names = async (q: string) => (await given(owner, here, { q })).items.map((item) => item.image)
    expect([await names('WEB'), await names(mail), await names(other.username.slice(1, 6))]).toEqual([
      ['web-01'],
      ['mail-01'],
      ['mail-01'],
    ])
    expect([await names('%'), await names('nothing')]).toEqual([[], []])
    expect((await received(recipient, here, { q: owner.username })).items).toHaveLength(1)
  })

  it('is sorted by end, shares without one last, page by page in both directions', async () => {
    const { here, owner, ids } = await manyShares(30)
    for (const [index, id] of ids.slice(0, 10).entries())
      await db().share.update({ where: { id }, data: { expiresAt: new Date(Date.now() + minutes(1000 - index)) } })
    const first = await given(owner, here, { sort: 'expiresAt' })
    expect(first.items.slice(0, 10).map(({ id }) => id)).toEqual(ids.slice(0, 10).reverse())
    const second = await given(owner, here, { sort: 'expiresAt', after: first.next ?? '' })
    expect(second.items.map(({ until }) => until)).toEqual([null, null, null, null, null])
    expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(30)
    const back = await given(owner, here, { sort: 'expiresAt', before: second.prev ?? '' })
    expect(back.items).toEqual(first.items)
    expect(second.range).toEqual({ from: 26, total: 30 })
  })
})

describe('an export', () => {
  const exported = async (who: TestAccount, here: string, asked: Record<string, unknown>) => {
    const ids: string[] = []
    const list = shareExportParams.parse({ region: here, tab: 'given', ...asked })
    for await (const lines of shareLines(who.ctx, list)) ids.push(...lines.map(({ id }) => id))
    return ids
  }

  it('has every share of the list or the search, newest first, however many batches that takes', async () => {
    const { here, owner, recipient } = await tenants()
    await db().$executeRaw`
      INSERT INTO "Image" (id, "ownerId", "regionId", name, "operatingSystem", source, state, "createdAt", "updatedAt")
      SELECT 'img-' || substr(md5(${here} || n), 1, 10), ${owner.id}, ${here}, 'disk-' || n, 'x', 'IMPORT', 'failed', now(), now()
      FROM generate_series(1, 1100) n`
    await db().$executeRaw`
      INSERT INTO "Share" (id, "imageId", "ownerId", "regionId", "recipientId", "sharedById", "createdAt")
      SELECT 'shr-' || substr(md5(${here} || 's' || row_number() OVER ()), 1, 10), id, "ownerId", "regionId", ${recipient.id}, "ownerId", now()
      FROM "Image" WHERE "ownerId" = ${owner.id} AND state = 'failed'`
    const all = await exported(owner, here, {})
    expect([all.length, new Set(all).size]).toEqual([1100, 1100])
    expect(await exported(owner, here, { q: 'disk-7' })).toHaveLength(111)
  })

  it('has only the selected shares, and of those only own ones', async () => {
    const { here, owner, ids } = await manyShares(3)
    const foreign = await manyShares(1)
    const asked = [nth(ids, 0), nth(ids, 2), nth(foreign.ids, 0)]
    expect(await exported(owner, here, { ids: asked })).toEqual([nth(ids, 0), nth(ids, 2)])
    expect(await findListedShares(foreign.owner.ctx, { tab: 'given', region: here, ids })).toEqual([])
  })
})
