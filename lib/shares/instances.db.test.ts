import { expect, test } from 'vitest'
import { switchAccount } from '@/lib/admin/account'
import { db } from '@/lib/db/client'
import { createInstancesInput } from '@/lib/instances/schema'
import { createInstances } from '@/lib/instances/writes'
import { account, held, image, later, minutes, region, tally } from '@/lib/testing/builders'
import { instance, instanceType, machineHost } from '@/lib/testing/builders-instances'
import { getImageShares, listInstancesAround } from './reads'
import { listShares } from './reads-list'
import { shareListParams } from './schema-list'

test("the share page shows its owner each recipient's number of instances of the image, and nothing else of them", async () => {
  const [here, sharer, first, second] = [await region(), await account(), await account(), await account()]
  const [imageId, other] = [await image(sharer, here), await image(sharer, here)]
  await held(imageId, first)
  const share = await held(imageId, second)
  const options = { typeId: await instanceType(), hostId: await machineHost(), imageId }
  const sub = await account({ master: first })
  await instance(first, here, options)
  await instance(sub, here, { ...options, state: 'stopped', name: 'secret-name' })
  await instance(first, here, { ...options, state: 'terminated' })
  await instance(second, here, { ...options, imageId: other })
  await instance(second, here, options)
  const shares = await getImageShares(sharer.ctx, { region: here, imageId })
  const counts = Object.fromEntries(shares?.shares.map(({ username, instances }) => [username, instances]) ?? [])
  expect(counts).toEqual({ [first.username]: 2, [second.username]: 1 })
  expect(JSON.stringify(shares)).not.toContain('secret-name')
  await db().share.delete({ where: { id: share } })
  const after = await getImageShares(sharer.ctx, { region: here, imageId })
  expect(after?.shares).toHaveLength(1)
  expect(new Set(after?.usedBy)).toEqual(
    new Set([
      { username: first.username, instances: 2 },
      { username: second.username, instances: 1 },
    ]),
  )
  for (const one of [first, second]) expect(await getImageShares(one.ctx, { region: here, imageId })).toBeNull()
})

test('the last use of a share is known after its instances are gone, and a new share counts existing ones', async () => {
  const [here, sharer, recipient] = [await region(), await account(), await account()]
  const [imageId, typeId] = [await image(sharer, here), await instanceType({ memoryMib: 512 })]
  await machineHost()
  const share = await held(imageId, recipient)
  const create = async (who: typeof sharer, at: number) => {
    const request = { region: here, imageId, typeId, name: 'secret-name', diskGib: 1 }
    return await createInstances(who.at(later(minutes(at))), createInstancesInput.parse(request))
  }
  const lastUse = async () => {
    const shares = (await getImageShares(sharer.ctx, { region: here, imageId }))?.shares ?? []
    const listed = await listShares(sharer.ctx, shareListParams.parse({ region: here, tab: 'given' }))
    expect(listed.items.map(({ lastUsedAt }) => lastUsedAt)).toEqual(shares.map(({ lastUsedAt }) => lastUsedAt))
    expect(JSON.stringify([shares, listed])).not.toContain('secret-name')
    return shares.map(({ instances, lastUsedAt }) => [instances, lastUsedAt])
  }
  expect(tally([await create(sharer, 1)])).toEqual({ ok: 1 })
  expect(await lastUse()).toEqual([[0, null]])
  expect(tally([await create(recipient, 2), await create(recipient, 3)])).toEqual({ ok: 2 })
  const third = later(minutes(3)).toISOString()
  expect(await lastUse()).toEqual([[2, third]])
  const [kept] = await db().instance.findMany({ where: { ownerId: recipient.id }, orderBy: { createdAt: 'asc' } })
  await db().instance.deleteMany({ where: { ownerId: recipient.id, id: { not: kept?.id ?? '' } } })
  expect(await lastUse()).toEqual([[1, third]])
  await db().share.delete({ where: { id: share } })
  await held(imageId, recipient)
  expect(await lastUse()).toEqual([[1, later(minutes(2)).toISOString()]])
})

test('the operator sees instances of an account and those made from its images, without terminated ones', async () => {
  const [here, sharer, other] = [await region(), await account(), await account()]
  const imageId = await image(sharer, here)
  const options = { typeId: await instanceType(), hostId: await machineHost() }
  await instance(sharer, here, { ...options, imageId: await image(other, here) })
  for (const state of ['running', 'stopped', 'terminated'] as const)
    await instance(other, here, { ...options, imageId, state })
  await instance(other, here, { ...options, imageId: await image(other, here) })
  expect(await listInstancesAround(sharer.username)).toEqual([
    { username: sharer.username, instances: 1 },
    { username: other.username, instances: 2 },
  ])
  const said = await switchAccount(sharer.username, true)
  expect(said.ok && said.value.notes).toEqual([
    `${sharer.username} has 1 instance. What runs keeps running and is charged; nobody can stop it until the account is enabled again.`,
    `${other.username} has 2 instances made from images of ${sharer.username}. They stay as they are, and so do the shares.`,
  ])
})
