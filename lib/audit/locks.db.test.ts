import { afterAll, expect, test } from 'vitest'
import { claimCheck, queueCheck, settleCheck } from '@/lib/checks/writes-run'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { deleteImage } from '@/lib/images/writes'
import { ok, type Result } from '@/lib/result'
import { shareImage } from '@/lib/shares/writes'
import { accounts, asked, held, image, lockWaits, nth, region, type TestAccount } from '@/lib/testing/builders'
import { finding, reportOf } from '@/lib/testing/builders-checks'
import { countDeadlocks } from '@/lib/testing/deadlocks'
import { untilTrue } from '@/lib/testing/until'
import { verifyChain } from './reads-verify'

// Operations that record events in the chains of several tenants, with several statements, against the end of a check, which
// records in the chains of all tenants with the same disk. Without one lock order they would deadlock.

process.env.ECS_DATABASE_POOL = '10'

afterAll(async () => expect(await countDeadlocks()).toBe(0))

/** Three tenants with chains, in the order of their ids. */
async function tenants(): Promise<[TestAccount, TestAccount, TestAccount]> {
  const sorted = (await accounts(3)).sort((one, other) => (one.id < other.id ? -1 : 1))
  for (const one of sorted)
    await inTransaction(async (tx) => ok(await recordEvents(tx, one.ctx, [{ action: 'image.update' }])))
  return [nth(sorted, 0), nth(sorted, 1), nth(sorted, 2)]
}

/** A running check of a disk that all of these tenants have. */
async function runningCheck(here: string, owners: TestAccount[]) {
  const [first, ...others] = await Promise.all(owners.map((owner) => image(owner, here)))
  const { sha256 } = await db().image.findUniqueOrThrow({ where: { id: first ?? '' } })
  if (sha256 === null) throw new Error('It has no bytes.')
  await db().image.updateMany({ where: { id: { in: others } }, data: { sha256 } })
  await inTransaction(async (tx) => ok(await queueCheck(tx, { sha256, isDeep: false, now: new Date() })))
  const claimed = await claimCheck(sha256)
  if (!claimed) throw new Error('It was not claimed.')
  return claimed.work
}

/** Starts both while a chain is locked, so that each waits at its first use of it, then releases them. */
async function inOneAnothersWay<One, Other>(chain: TestAccount, one: () => Promise<One>, other: () => Promise<Other>) {
  let running: Promise<[One, Other]> | undefined
  await inTransaction(async (tx) => {
    await tx.$queryRaw`SELECT seq FROM "AuditChain" WHERE "accountId" = ${chain.id} FOR NO KEY UPDATE`
    const first = one()
    await untilTrue(async () => (await lockWaits()) === 1)
    const second = other()
    running = Promise.all([first, second])
    running.catch(() => {})
    await untilTrue(async () => (await lockWaits()) === 2)
    return ok(null)
  })
  if (!running) throw new Error('Nothing was begun.')
  return await running
}

/** Operations that end an expired share between the last tenant and the second, and also record an event for the first. */
const operations: [
  string,
  (here: string, all: [TestAccount, TestAccount, TestAccount], id: string) => Promise<Result<unknown>>,
][] = [
  [
    'a delete of a shared image',
    async (here, [first, , last], imageId) => {
      await held(imageId, first)
      return await deleteImage(last.ctx, { region: here, imageId, cancelShares: true, typedName: 'web-01' })
    },
  ],
  [
    'a share in the place of one that is over',
    async (here, [first, second, last], imageId) => await shareImage(last.ctx, asked(here, imageId, first, second)),
  ],
]

test.each(operations)('%s and the end of a check do not deadlock', async (_, operation) => {
  const [here, all] = [await region(), await tenants()]
  const [first, second, last] = all
  const imageId = await image(last, here)
  const over = await held(imageId, second)
  await db().$executeRaw`UPDATE "Share" SET "expiresAt" = now() - interval '1 hour' WHERE id = ${over}`
  const work = await runningCheck(here, [first, last])
  const report = reportOf([finding('a')])
  const [done, settled] = await inOneAnothersWay(
    last,
    () => operation(here, all, imageId),
    () => settleCheck(work, report, new Date()),
  )
  expect([done.ok, settled]).toEqual([true, true])
  for (const one of [first, last])
    expect(await db().event.count({ where: { ownerId: one.id, action: 'image.findings' } })).toBe(1)
  for (const one of all) expect(await verifyChain(one.id)).toMatchObject({ fault: null })
})
