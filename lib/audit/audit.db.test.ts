import { createHash } from 'node:crypto'
import { describe, expect, it, test } from 'vitest'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok } from '@/lib/result'
import { shareImage } from '@/lib/shares/writes'
import { cancelShare } from '@/lib/shares/writes-end'
import { account, accounts, asked, image, noon, nth, race, region, type TestAccount } from '@/lib/testing/builders'
import { signChains, tenant } from '@/lib/testing/builders-audit'
import { verifyChain } from './reads-verify'
import { chainOrigin, entryContent } from './rules'

const entriesOf = async (who: TestAccount) =>
  await db().auditEntry.findMany({ where: { accountId: who.id }, orderBy: { seq: 'asc' } })

const faultOf = async (who: TestAccount) => (await verifyChain(who.id, { atOnce: 2 })).fault

describe('a chain', () => {
  it('has the events that concern each tenant, as the tenant may read them', async () => {
    const [here, owner, recipient] = [await region(), await account(), await account()]
    const [ops, helper] = [await account({ master: owner }), await account({ master: recipient })]
    const imageId = await image(owner, here)
    const from = (one: TestAccount, address: string) => ({ ...one.ctx, address })
    const shared = await shareImage(from(ops, '192.0.2.1'), asked(here, imageId, recipient))
    const shareId = shared.ok ? nth(shared.value, 0).id : ''
    await cancelShare(from(helper, '198.51.100.7'), { shareId })
    const common = { at: noon, imageId, shareId, ownerName: owner.username, recipientName: recipient.username }
    const [byOps, byOwner] = [
      { actorId: ops.id, actorName: ops.username, address: '192.0.2.1' },
      { actorId: owner.id, actorName: owner.username, address: null },
    ]
    const [byHelper, byRecipient] = [
      { actorId: helper.id, actorName: helper.username, address: '198.51.100.7' },
      { actorId: recipient.id, actorName: recipient.username, address: null },
    ]
    expect(await entriesOf(owner)).toMatchObject([
      { seq: 1n, action: 'share.create', ...common, ...byOps },
      { seq: 2n, action: 'share.cancel', ...common, ...byRecipient },
    ])
    expect(await entriesOf(recipient)).toMatchObject([
      { seq: 1n, action: 'share.create', ...common, ...byOwner },
      { seq: 2n, action: 'share.cancel', ...common, ...byHelper },
    ])
    for (const who of [owner, recipient]) expect(await verifyChain(who.id)).toMatchObject({ entries: 2, fault: null })
  })

  it('hides from a recipient why an image was shared in spite of its findings', async () => {
    const [owner, recipient] = [await account(), await account()]
    const details = { day: '2026-03-10', reason: 'known', findings: 2, unchecked: '' }
    await inTransaction(async (tx) =>
      ok(await recordEvents(tx, owner.ctx, [{ action: 'share.create', recipient, details }])),
    )
    expect((await entriesOf(recipient)).map((entry) => JSON.parse(entry.details))).toEqual([{ day: '2026-03-10' }])
    expect((await entriesOf(owner)).map((entry) => JSON.parse(entry.details))).toEqual([details])
    expect(await faultOf(recipient)).toBeNull()
  })

  it('of a master includes the events of its sub-accounts', async () => {
    const master = await account()
    const sub = await account({ master })
    await inTransaction(async (tx) =>
      ok(await recordEvents(tx, master.ctx, [{ action: 'account.password', owner: sub }])),
    )
    expect(await entriesOf(master)).toMatchObject([{ action: 'account.password', ownerName: sub.username }])
    expect(await entriesOf(sub)).toEqual([])
    expect(await faultOf(master)).toBeNull()
  })

  it('can be recomputed outside the database, whatever the texts are', async () => {
    const owner = await account()
    const odd = `"\\/\b\f\n\r\t\u0001\u001f\u007f\u2028é界😀`
    await inTransaction(async (tx) =>
      ok(
        await recordEvents(tx, owner.ctx, [
          { action: 'image.update', image: { id: odd, name: odd }, details: { from: odd } },
        ]),
      ),
    )
    const [entry] = await entriesOf(owner)
    if (!entry) throw new Error('There is no entry.')
    const { at, seq, eventId, hash, ...texts } = entry
    const content = entryContent({ ...texts, at: at.toISOString(), seq: String(seq), eventId: String(eventId) })
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
    expect(sha256(sha256(chainOrigin(owner.id)) + content)).toBe(hash)
  })

  it('is append-only', async () => {
    const owner = await tenant(1)
    await signChains()
    const changes = [
      Prisma.sql`UPDATE "AuditEntry" SET action = 'x' WHERE "accountId" = ${owner.id}`,
      Prisma.sql`DELETE FROM "AuditEntry" WHERE "accountId" = ${owner.id}`,
      Prisma.sql`TRUNCATE "AuditEntry"`,
      Prisma.sql`UPDATE "AuditCheckpoint" SET signature = '' WHERE "accountId" = ${owner.id}`,
      Prisma.sql`DELETE FROM "AuditCheckpoint" WHERE "accountId" = ${owner.id}`,
      Prisma.sql`TRUNCATE "AuditCheckpoint"`,
    ]
    for (const change of changes) await expect(db().$executeRaw(change)).rejects.toThrow('append-only')
  })

  it('has no entry of a rolled back transaction', async () => {
    const owner = await tenant(1)
    const undone = inTransaction(async (tx) => {
      await recordEvents(tx, owner.ctx, [{ action: 'image.update' }])
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect(await verifyChain(owner.id)).toMatchObject({ entries: 1, fault: null })
  })
})

test('parallel shares and cancels of several tenants neither fork a chain nor deadlock', async () => {
  const [here, tenants] = [await region(), await accounts(4)]
  const images = await Promise.all(tenants.map(async (owner) => [owner, await image(owner, here)] as const))
  const refused = new Set<string>()
  await race(24, async (index) => {
    const [owner, imageId] = nth(images, index % 4)
    const others = tenants.filter((one) => one !== owner)
    const shared = await shareImage(owner.ctx, asked(here, imageId, ...(index % 8 < 4 ? others : others.toReversed())))
    if (!shared.ok) return refused.add(shared.refusal.code)
    for (const { id, username } of shared.value) {
      const by = index % 3 === 0 ? owner : tenants.find((one) => one.username === username)
      await cancelShare((by ?? owner).ctx, { shareId: id })
    }
    return null
  })
  expect([...refused].filter((code) => code !== 'ALREADY_SHARED')).toEqual([])
  const events = await db().event.count({ where: { ownerId: { in: tenants.map(({ id }) => id) } } })
  for (const one of tenants) expect(await verifyChain(one.id)).toMatchObject({ fault: null })
  const entries = await db().auditEntry.count({ where: { accountId: { in: tenants.map(({ id }) => id) } } })
  expect(entries).toBe(2 * events)
})

test('events of one tenant that are recorded at once, without another lock, form one chain', async () => {
  const owner = await account()
  await race(20, async () => {
    await inTransaction(async (tx) => ok(await recordEvents(tx, owner.ctx, [{ action: 'image.update' }])))
  })
  expect(await verifyChain(owner.id)).toMatchObject({ entries: 20, fault: null })
})

test('checkpoints are made only of chains that have grown', async () => {
  const owner = await tenant(2)
  expect(await signChains()).toBeGreaterThan(0)
  expect(await signChains()).toBe(0)
  await inTransaction(async (tx) => ok(await recordEvents(tx, owner.ctx, [{ action: 'image.update' }])))
  expect(await signChains()).toBe(1)
})
