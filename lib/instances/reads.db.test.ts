import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok } from '@/lib/result'
import { account, held, image, later, minutes, noon, nth, region, type TestAccount } from '@/lib/testing/builders'
import { instance, instanceType, machineHost, ran } from '@/lib/testing/builders-instances'
import { getInstance, listBinInstances, listImageInstances, listInstanceEvents, listInstances } from './reads'
import { findAskedImage, listInstanceImages } from './reads-images'
import { instanceStates } from './rules'
import { instanceListParams } from './schema'

const days = (count: number) => count * 24 * 60 * 60_000

const listOf = async (owner: TestAccount, regionId: string, asked: Record<string, string> = {}) =>
  await listInstances(owner.ctx, instanceListParams.parse({ region: regionId, ...asked }))
const names = (list: { items: { name: string }[] }) => list.items.map(({ name }) => name)

async function two() {
  const [here, there, owner, other] = [await region(), await region(), await account(), await account()]
  const [typeId, hostId] = [await instanceType({ vcpus: 2, memoryMib: 1024, amount: 16 }), await machineHost()]
  return { here, there, owner, other, typeId, hostId }
}

test('the list is filtered and sorted, has one region and owner, and sub-accounts see their master’s', async () => {
  const { here, there, owner, other, typeId, hostId } = await two()
  const options = { typeId, hostId }
  const ids: string[] = []
  for (const [index, name] of ['web-01', 'web_01', '路由器'].entries())
    ids.push(await instance(owner, here, { ...options, name, createdAt: later(minutes(index)) }))
  await instance(owner, there, { ...options, name: 'elsewhere' })
  await instance(other, here, { ...options, name: 'web-01' })
  const sub = await account({ master: owner })
  expect(names(await listOf(owner, here))).toEqual(['路由器', 'web_01', 'web-01'])
  expect(names(await listOf(sub, here))).toEqual(['路由器', 'web_01', 'web-01'])
  expect(names(await listOf(owner, here, { sort: 'name' }))).toEqual(['web-01', 'web_01', '路由器'])
  const imageId = (await db().instance.findUniqueOrThrow({ where: { id: nth(ids, 2) } })).imageId
  const searches: [string, string[]][] = [
    ['WEB', ['web_01', 'web-01']],
    ['_', ['web_01']],
    ['%', []],
    [nth(ids, 0).toUpperCase(), ['web-01']],
    [imageId, ['路由器']],
    ["' OR true --", []],
    ['\0', ['路由器', 'web_01', 'web-01']],
  ]
  for (const [q, found] of searches) expect(names(await listOf(owner, here, { q })), q).toEqual(found)
  const [first] = (await listOf(owner, here)).items
  expect(first).toMatchObject({ typeId, vcpus: 2, memoryMib: 1024, canRebuild: true, task: null, reason: null })
})

test('pages follow each other without a gap, even if an instance was deleted meanwhile', async () => {
  const { here, owner, typeId, hostId } = await two()
  for (let index = 0; index < 60; index++)
    await instance(owner, here, { typeId, hostId, name: `n${index}`, createdAt: later(minutes(index)) })
  const first = await listOf(owner, here)
  expect(first).toMatchObject({ prev: null, range: { from: 1, total: 60 }, quota: { used: 60, quota: 10 } })
  await db().instance.update({
    where: { id: nth(first.items, 24).id },
    data: { state: 'terminated', terminatedAt: noon, blobId: null },
  })
  const second = await listOf(owner, here, { after: first.next ?? '' })
  const third = await listOf(owner, here, { after: second.next ?? '' })
  const all = [...names(first), ...names(second), ...names(third)]
  expect(all).toEqual(Array.from({ length: 60 }, (_, index) => `n${59 - index}`))
  expect(third.next).toBeNull()
  expect(names(await listOf(owner, here, { before: third.prev ?? '' }))).toEqual(names(second))
})

test('an instance is listed by its state; a terminated one under its filter only, for 7 days', async () => {
  const { here, owner, typeId, hostId } = await two()
  for (const state of instanceStates) await instance(owner, here, { typeId, hostId, name: state, state })
  const old = await instance(owner, here, { typeId, hostId, name: 'old', state: 'terminated' })
  await db().instance.update({ where: { id: old }, data: { terminatedAt: later(-days(7)) } })
  for (const state of instanceStates) expect(names(await listOf(owner, here, { state }))).toEqual([state])
  const shown = names(await listOf(owner, here)).sort()
  expect(shown).toEqual(instanceStates.filter((state) => state !== 'terminated').toSorted())
  expect(await getInstance(owner.ctx, { region: here, instanceId: old })).toBeNull()
  expect((await listOf(owner, here)).quota).toEqual({ used: instanceStates.length - 1, quota: 10 })
})

test('an instance of another tenant, or under another region, is in no read', async () => {
  const { here, there, owner, other, typeId, hostId } = await two()
  const instanceId = await instance(owner, here, { typeId, hostId })
  await held((await db().instance.findUniqueOrThrow({ where: { id: instanceId } })).imageId, other)
  for (const [who, regionId] of [
    [other, here],
    [owner, there],
  ] as const) {
    expect(await getInstance(who.ctx, { region: regionId, instanceId })).toBeNull()
    expect(await listInstanceEvents(who.ctx, { region: regionId, instanceId })).toBeNull()
    expect(names(await listOf(who, regionId, { q: instanceId }))).toEqual([])
  }
})

test('details show its creator, its price and since when it runs, and neither its key nor its user data', async () => {
  const { here, owner, typeId, hostId } = await two()
  const sub = await account({ master: owner })
  const instanceId = await instance(owner, here, { typeId, hostId, createdById: sub.id })
  await db().instance.update({ where: { id: instanceId }, data: { sshKey: 'ssh-rsa AAAA', userData: 'secret' } })
  await ran(instanceId, noon, later(minutes(1)))
  await ran(instanceId, later(minutes(5)), later(minutes(6)), true)
  const details = await getInstance(sub.ctx, { region: here, instanceId })
  expect(details).toMatchObject({
    createdBy: sub.username,
    amount: 16,
    accelerator: 'emulation',
    hasSshKey: true,
    hasUserData: true,
    runsSince: later(minutes(5)).toISOString(),
  })
  expect(JSON.stringify(details)).not.toMatch(/AAAA|secret/)
})

test('the MAC address is that of the current network card, or of the one after the next start', async () => {
  const { here, owner, typeId, hostId } = await two()
  const macOf = async (state: 'running' | 'stopped', network: string | null, hasCard: boolean | null) => {
    const id = await instance(owner, here, { typeId, hostId, state })
    await db().machineHost.update({ where: { id: hostId }, data: { network } })
    await db().instance.update({ where: { id }, data: { hasCard } })
    return (await getInstance(owner.ctx, { region: here, instanceId: id }))?.mac ?? null
  }
  const address = expect.stringMatching(/^02:/)
  // It was started before the operator changed the setting.
  expect([await macOf('running', 'br0', false), await macOf('running', null, true)]).toEqual([null, address])
  expect([await macOf('stopped', 'br0', false), await macOf('stopped', null, true)]).toEqual([address, null])
  expect([await macOf('running', 'br0', null), await macOf('running', null, null)]).toEqual([address, null])
})

test('an instance can be rebuilt while its owner can use its image, and not after', async () => {
  const { here, owner, other, typeId, hostId } = await two()
  const lent = await image(other, here)
  const share = await held(lent, owner)
  const instanceId = await instance(owner, here, { typeId, hostId, imageId: lent })
  const canBe = async () => (await getInstance(owner.ctx, { region: here, instanceId }))?.canRebuild
  expect(await canBe()).toBe(true)
  await db().image.update({ where: { id: lent }, data: { state: 'deleted', deletedAt: noon } })
  expect(await canBe()).toBe(false)
  await db().image.update({ where: { id: lent }, data: { state: 'available', deletedAt: null } })
  await db().share.delete({ where: { id: share } })
  expect(await canBe()).toBe(false)
})

test('the history of an instance is its events, newest first', async () => {
  const { here, owner, typeId, hostId } = await two()
  const instanceId = await instance(owner, here, { typeId, hostId })
  const other = await instance(owner, here, { typeId, hostId })
  await inTransaction(async (tx) => {
    for (const [action, id] of [
      ['instance.create', instanceId],
      ['instance.stop', other],
      ['instance.start', instanceId],
    ] as const)
      await recordEvents(tx, owner.ctx, [{ action, regionId: here, instance: { id, name: 'web-01' } }])
    return ok(null)
  })
  const history = await listInstanceEvents(owner.ctx, { region: here, instanceId })
  expect(history?.items.map(({ action }) => action)).toEqual(['instance.start', 'instance.create'])
})

test('the owner of an image sees how many instances each account has of it, without terminated ones', async () => {
  const { here, there, owner, other, typeId, hostId } = await two()
  const imageId = await image(owner, here)
  await held(imageId, other)
  const options = { typeId, hostId, imageId }
  for (const state of ['running', 'stopped', 'failed', 'terminated'] as const)
    await instance(other, here, { ...options, state })
  await instance(owner, here, options)
  expect(await listImageInstances(owner.ctx, imageId)).toEqual([
    { username: owner.username, instances: 1 },
    { username: other.username, instances: 3 },
  ])
  expect(await listImageInstances(other.ctx, imageId)).toEqual([])
  expect(await listBinInstances(owner.ctx, { region: here })).toEqual([])
  await db().image.update({ where: { id: imageId }, data: { state: 'deleted', deletedAt: new Date() } })
  expect(await listBinInstances(owner.ctx, { region: here })).toEqual([
    { username: owner.username, instances: 1 },
    { username: other.username, instances: 3 },
  ])
  expect(await listBinInstances(other.ctx, { region: here })).toEqual([])
  expect(await listBinInstances(owner.ctx, { region: there })).toEqual([])
})

test('instances can be created only from own and shared images that are available', async () => {
  const { here, there, owner, other } = await two()
  const own = await image(owner, here, { name: 'own', virtualSize: 3 * 2 ** 30 + 1 })
  const lent = await image(other, here, { name: 'lent' })
  await held(lent, owner)
  const failed = await image(owner, here, { name: 'failed', state: 'failed' })
  const away = await image(owner, there, { name: 'away' })
  const foreign = await image(other, here, { name: 'foreign' })
  const offered = await listInstanceImages(owner.ctx, { region: here, q: '' })
  expect(offered).toMatchObject([
    { id: lent, owner: other.username, isShared: true },
    { id: own, owner: owner.username, isShared: false, minDiskGib: 4 },
  ])
  expect(await listInstanceImages(owner.ctx, { region: here, q: other.username })).toHaveLength(1)
  expect(await listInstanceImages(owner.ctx, { region: here, q: 'OWN' })).toHaveLength(1)
  const views = [own, lent, failed, away, foreign].map((imageId) =>
    findAskedImage(owner.ctx, { region: here, imageId }),
  )
  expect((await Promise.all(views)).map((view) => view?.view)).toEqual([
    'usable',
    'usable',
    'unavailable',
    'elsewhere',
    undefined,
  ])
})

test('the list shows the host for new instances: the one seen last', async () => {
  const { here, owner, hostId } = await two()
  const data = {
    seenAt: new Date(Date.now() + minutes(120)),
    accelerator: null,
    problem: 'qemu-system-x86_64 is missing',
  }
  await db().machineHost.update({ where: { id: hostId }, data })
  expect((await listOf(owner, here)).host).toEqual({
    accelerator: null,
    problem: 'qemu-system-x86_64 is missing',
    isEmulationAllowed: true,
    networkProblem: null,
    isAlive: true,
  })
  await db().machineHost.updateMany({ data: { seenAt: noon } })
  expect((await listOf(owner, here)).host?.isAlive).toBe(false)
})
