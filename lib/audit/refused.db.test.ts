import { expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { account, later, minutes, noon, type TestAccount } from '@/lib/testing/builders'
import { verifyChain } from './reads-verify'
import { foldRefusals, noteRefusal, noteRefusedSignIn } from './writes-refused'

const recorded = async (who: TestAccount) =>
  (await db().auditEntry.findMany({ where: { accountId: who.id }, orderBy: { seq: 'asc' } })).map(
    ({ action, actorName, address, details }) => ({ action, actorName, address, ...JSON.parse(details) }),
  )

const reshare = { operation: 'shareImage', code: 'RESHARE_FORBIDDEN', imageId: 'img-0123456789' }

it('records the first refusal of a kind in an hour at once, and the number of refusals when the hour is over', async () => {
  const owner = await account()
  const sub = await account({ master: owner })
  const first = { action: 'operation.refuse', actorName: sub.username, operation: 'shareImage', code: reshare.code }
  const from = (ms: number) => ({ ...sub.at(later(ms)), address: '192.0.2.1' })
  await Promise.all(Array.from({ length: 20 }, (_, index) => noteRefusal(from(index), reshare)))
  expect(await recorded(owner)).toEqual([{ ...first, address: '192.0.2.1', image: reshare.imageId }])
  await foldRefusals(later(minutes(59)))
  expect(await recorded(owner)).toHaveLength(1)
  await Promise.all([foldRefusals(later(minutes(60))), foldRefusals(later(minutes(60)))])
  expect(await recorded(owner)).toEqual([
    { ...first, address: '192.0.2.1', image: reshare.imageId },
    { ...first, address: '192.0.2.1', count: 20, until: later(19).toISOString() },
  ])
  expect(await db().refusedTry.count({ where: { actorId: sub.id } })).toBe(0)
  expect(await verifyChain(owner.id)).toMatchObject({ entries: 2, fault: null })
})

it('records no number for a single refusal', async () => {
  const owner = await account()
  await noteRefusal(owner.ctx, reshare)
  await foldRefusals(later(minutes(60)))
  expect(await recorded(owner)).toHaveLength(1)
})

it('records a refused sign-in with its address, for an account that exists', async () => {
  const owner = await account()
  await noteRefusedSignIn(owner.username, { now: noon, address: '198.51.100.7' })
  await noteRefusedSignIn('nobody-of-this-name', { now: noon, address: '198.51.100.7' })
  expect(await recorded(owner)).toEqual([
    { action: 'session.refuse', actorName: owner.username, address: '198.51.100.7' },
  ])
  expect(await db().event.count({ where: { actorName: 'nobody-of-this-name' } })).toBe(0)
})

it("omits refusals that are nobody's attempt to get around a rule", async () => {
  const owner = await account()
  for (const code of ['INVALID_INPUT', 'BUSY', 'ALREADY_SHARED']) await noteRefusal(owner.ctx, { operation: 'x', code })
  expect(await recorded(owner)).toEqual([])
})
