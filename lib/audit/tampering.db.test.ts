import { describe, expect, it, test } from 'vitest'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok } from '@/lib/result'
import { account, noon, type TestAccount } from '@/lib/testing/builders'
import { signChains, tamper, tenant } from '@/lib/testing/builders-audit'
import { verifyChain, verifyChains } from './reads-verify'

const faultOf = async (who: TestAccount) => (await verifyChain(who.id, { atOnce: 2 })).fault

describe('by SQL as the owner of the database', () => {
  const at = (owner: TestAccount, seq: number) => Prisma.sql`"accountId" = ${owner.id} AND seq = ${seq}`

  const changes: [
    name: string,
    change: (owner: TestAccount) => Prisma.Sql[],
    fault: { kind: string; seq: string | null },
  ][] = [
    [
      'a changed entry',
      (owner) => [Prisma.sql`UPDATE "AuditEntry" SET "actorName" = 'nobody' WHERE ${at(owner, 3)}`],
      { kind: 'changed', seq: '3' },
    ],
    [
      'an entry with a changed hash',
      (owner) => [Prisma.sql`UPDATE "AuditEntry" SET hash = repeat('0', 64) WHERE ${at(owner, 3)}`],
      { kind: 'moved', seq: '3' },
    ],
    [
      'a removed entry',
      (owner) => [Prisma.sql`DELETE FROM "AuditEntry" WHERE ${at(owner, 4)}`],
      { kind: 'removed', seq: '4' },
    ],
    [
      'the first entry removed',
      (owner) => [Prisma.sql`DELETE FROM "AuditEntry" WHERE ${at(owner, 1)}`],
      { kind: 'removed', seq: '1' },
    ],
    [
      'the newest entries removed',
      (owner) => [Prisma.sql`DELETE FROM "AuditEntry" WHERE "accountId" = ${owner.id} AND seq > 4`],
      { kind: 'removed', seq: '5' },
    ],
    [
      'an inserted entry, the later ones moved on',
      (owner) => [
        Prisma.sql`UPDATE "AuditEntry" SET seq = seq + 100 WHERE "accountId" = ${owner.id} AND seq >= 3`,
        Prisma.sql`UPDATE "AuditEntry" SET seq = seq - 99 WHERE "accountId" = ${owner.id} AND seq >= 103`,
        Prisma.sql`INSERT INTO "AuditEntry" ("accountId", seq, "eventId", at, action, "actorId", "actorName", "ownerName", details, hash)
          SELECT "accountId", 3, -1, at, 'share.create', "actorId", "actorName", "ownerName", '{}', repeat('1', 64)
          FROM "AuditEntry" WHERE ${at(owner, 2)}`,
      ],
      { kind: 'inserted', seq: '3' },
    ],
    [
      'an entry before the first',
      (owner) => [
        Prisma.sql`INSERT INTO "AuditEntry" ("accountId", seq, "eventId", at, action, "actorId", "actorName", "ownerName", details, hash)
          SELECT "accountId", 0, -2, at, 'share.create', "actorId", "actorName", "ownerName", '{}', repeat('1', 64)
          FROM "AuditEntry" WHERE ${at(owner, 2)}`,
      ],
      { kind: 'inserted', seq: '0' },
    ],
    [
      'two entries that changed places',
      (owner) => [
        Prisma.sql`UPDATE "AuditEntry" SET seq = 99 WHERE ${at(owner, 2)}`,
        Prisma.sql`UPDATE "AuditEntry" SET seq = 2 WHERE ${at(owner, 5)}`,
        Prisma.sql`UPDATE "AuditEntry" SET seq = 5 WHERE ${at(owner, 99)}`,
      ],
      { kind: 'moved', seq: '2' },
    ],
    [
      'a changed event',
      (owner) => [
        Prisma.sql`UPDATE "Event" SET details = '{"from": "other"}' WHERE id = (SELECT "eventId" FROM "AuditEntry" WHERE ${at(owner, 2)})`,
      ],
      { kind: 'event-changed', seq: '2' },
    ],
    [
      'a removed event',
      (owner) => [
        Prisma.sql`DELETE FROM "Event" WHERE id = (SELECT "eventId" FROM "AuditEntry" WHERE ${at(owner, 6)})`,
      ],
      { kind: 'event-removed', seq: '6' },
    ],
    [
      'an event that was slipped in',
      (owner) => [
        Prisma.sql`INSERT INTO "Event" (at, action, "actorId", "actorName", "ownerId", "ownerName")
          VALUES (now(), 'image.delete', ${owner.id}, ${owner.username}, ${owner.id}, ${owner.username})`,
      ],
      { kind: 'event-unchained', seq: null },
    ],
    [
      'a head that was moved back',
      (owner) => [Prisma.sql`UPDATE "AuditChain" SET seq = 4 WHERE "accountId" = ${owner.id}`],
      { kind: 'head', seq: '6' },
    ],
    [
      'a head with another hash',
      (owner) => [Prisma.sql`UPDATE "AuditChain" SET hash = repeat('0', 64) WHERE "accountId" = ${owner.id}`],
      { kind: 'head', seq: '6' },
    ],
    [
      'a removed head',
      (owner) => [Prisma.sql`DELETE FROM "AuditChain" WHERE "accountId" = ${owner.id}`],
      { kind: 'head', seq: '6' },
    ],
    [
      'all of a chain removed',
      (owner) => [Prisma.sql`DELETE FROM "AuditEntry" WHERE "accountId" = ${owner.id}`],
      { kind: 'removed', seq: '1' },
    ],
  ]

  for (const [name, change, fault] of changes) {
    it(`${name} is reported`, async () => {
      const [owner, other] = [await tenant(), await tenant(2)]
      expect(await faultOf(owner)).toBeNull()
      await tamper(...change(owner))
      expect(await faultOf(owner)).toMatchObject(fault)
      expect(await faultOf(other)).toBeNull()
    })
  }

  it('a checkpoint proves that the newest entries were removed with the head moved back, and that a chain was rewritten', async () => {
    const owner = await tenant()
    await signChains()
    expect(await verifyChain(owner.id)).toMatchObject({ checkpoints: 1, signedAt: noon.toISOString(), fault: null })
    const kept = await db().auditCheckpoint.findMany({ where: { accountId: owner.id } })
    await tamper(
      Prisma.sql`DELETE FROM "Event" WHERE id IN (SELECT "eventId" FROM "AuditEntry" WHERE "accountId" = ${owner.id} AND seq > 4)`,
      Prisma.sql`DELETE FROM "AuditEntry" WHERE "accountId" = ${owner.id} AND seq > 4`,
      Prisma.sql`UPDATE "AuditChain" c SET seq = 4, hash = a.hash FROM "AuditEntry" a
        WHERE c."accountId" = ${owner.id} AND a."accountId" = c."accountId" AND a.seq = 4`,
    )
    const removed = { kind: 'removed', seq: '5', signedAt: noon.toISOString() }
    expect(await faultOf(owner)).toMatchObject(removed)
    // Without the checkpoint, only an exported copy proves it.
    await tamper(Prisma.sql`DELETE FROM "AuditCheckpoint" WHERE "accountId" = ${owner.id}`)
    expect(await faultOf(owner)).toBeNull()
    expect((await verifyChain(owner.id, { known: kept })).fault).toMatchObject(removed)
    for (let index = 0; index < 3; index++)
      await inTransaction(async (tx) => ok(await recordEvents(tx, owner.ctx, [{ action: 'image.update' }])))
    expect(await faultOf(owner)).toBeNull()
    expect((await verifyChain(owner.id, { known: kept })).fault).toMatchObject({ kind: 'rewritten', seq: '6' })
  })

  it('a forged checkpoint is reported, and one of another key is counted and not judged', async () => {
    const owner = await tenant()
    await signChains()
    const forged = { accountId: owner.id, seq: 2n, hash: 'a'.repeat(64), at: noon, keyId: 'other', signature: 'x' }
    await db().auditCheckpoint.create({ data: forged })
    expect(await verifyChain(owner.id)).toMatchObject({ checkpoints: 1, foreign: 1, fault: null })
    await tamper(
      Prisma.sql`UPDATE "AuditCheckpoint" SET hash = repeat('b', 64) WHERE "accountId" = ${owner.id} AND seq = 6`,
    )
    expect(await faultOf(owner)).toMatchObject({ kind: 'signature', seq: '6' })
  })
})

test('the chains of all tenants and of the operator are verified, and one that is missing as a whole is reported', async () => {
  const [good, bad] = [await tenant(1), await tenant(2)]
  await tamper(
    Prisma.sql`DELETE FROM "AuditEntry" WHERE "accountId" = ${bad.id}`,
    Prisma.sql`DELETE FROM "AuditChain" WHERE "accountId" = ${bad.id}`,
    Prisma.sql`DELETE FROM "AuditCheckpoint" WHERE "accountId" = ${bad.id}`,
  )
  const kinds = new Map<string, string | null>()
  for await (const { accountId, fault } of verifyChains()) kinds.set(accountId, fault?.kind ?? null)
  expect(kinds.get(good.id)).toBeNull()
  expect(kinds.get(bad.id)).toBe('event-unchained')
})

test("an event without an entry is reported to its recipient and to its owner's master, and to nobody else", async () => {
  const [owner, recipient, other] = [await tenant(3), await tenant(3), await tenant(3)]
  const sub = await account({ master: owner })
  await tamper(
    Prisma.sql`INSERT INTO "Event" (at, action, "actorId", "actorName", "ownerId", "ownerName", "recipientId", "recipientName")
      VALUES (now(), 'share.create', ${sub.id}, ${sub.username}, ${sub.id}, ${sub.username}, ${recipient.id}, ${recipient.username})`,
  )
  const kinds = await Promise.all([owner, recipient, other, sub].map(async (who) => (await faultOf(who))?.kind ?? null))
  expect(kinds).toEqual(['event-unchained', 'event-unchained', null, null])
})
