import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { deleteImage, purgeImage } from '@/lib/images/writes'
import { cancelShare } from '@/lib/shares/writes-end'
import { createSnapshot, deleteSnapshot } from '@/lib/snapshots/writes'
import {
  account,
  accounts,
  held,
  image,
  minutes,
  noon,
  nth,
  race,
  region,
  type TestAccount,
  tally,
} from '@/lib/testing/builders'
import { instance, instanceType, machineHost } from '@/lib/testing/builders-instances'
import { createInstancesInput } from './schema'
import { createInstances } from './writes'
import {
  changeInstanceType,
  forceStopInstance,
  protectInstance,
  rebuildInstance,
  renameInstance,
  restartInstance,
  restoreInstance,
  startInstance,
  stopInstance,
  terminateInstance,
} from './writes-operate'

type Request = { region: string; imageId: string; typeId: string; count?: number; diskGib?: number; name?: string }

const create = async (who: TestAccount, request: Request) =>
  await createInstances(who.ctx, createInstancesInput.parse({ name: 'quay', diskGib: 1, ...request }))

async function room(options: { vcpus?: number; memoryMib?: number } = {}) {
  const [here, owner, typeId] = [await region(), await account(), await instanceType({ memoryMib: 512 })]
  // The host seen last is the one for new instances.
  const host = await machineHost(options)
  return { here, owner, typeId, host, imageId: await image(owner, here) }
}

test('instances hold the bytes of their image, a quota place and their name from the start', async () => {
  const { here, owner, typeId, imageId, host } = await room()
  const made = await create(owner, { region: here, imageId, typeId, count: 3, name: 'web' })
  expect(made).toMatchObject({ ok: true })
  const rows = await db().instance.findMany({ where: { ownerId: owner.id }, orderBy: { name: 'asc' } })
  const { blobId } = await db().image.findUniqueOrThrow({ where: { id: imageId } })
  expect(rows.map(({ name }) => name)).toEqual(['web-1', 'web-2', 'web-3'])
  for (const row of rows)
    expect(row).toMatchObject({ state: 'creating', task: 'CREATE', blobId, hostId: host, imageOwnerId: owner.id })
  expect(new Set(rows.map(({ build }) => build)).size).toBe(3)
  const events = await db().event.findMany({ where: { ownerId: owner.id, action: 'instance.create' } })
  expect(events.map(({ instanceName }) => instanceName).sort()).toEqual(['web-1', 'web-2', 'web-3'])
  // The owner of an image can read its history, and must not see which machines others created.
  expect(events.every((event) => event.imageId === null && event.recipientId === null)).toBe(true)
})

test('the image must be own or shared, in this region and available; any other is not found', async () => {
  const { here, owner, typeId, imageId } = await room()
  const [other, there] = [await account(), await region()]
  const request = { region: here, imageId, typeId }
  expect(await create(other, request)).toEqual({ ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } })
  expect(await create(owner, { ...request, region: there })).toMatchObject({ refusal: { code: 'REGION_MISMATCH' } })
  await held(imageId, other)
  expect(await create(other, request)).toMatchObject({ ok: true })
  await db().image.update({ where: { id: imageId }, data: { state: 'deleting' } })
  expect(await create(other, request)).toMatchObject({ refusal: { code: 'IMAGE_NOT_AVAILABLE' } })
})

test('small types and disks, retired types, UEFI without firmware and absent hosts are refused', async () => {
  const { here, owner, imageId, host } = await room()
  const typeId = await instanceType({ memoryMib: 512 })
  const request = { region: here, imageId, typeId }
  const set = async (data: Parameters<ReturnType<typeof db>['image']['update']>[0]['data']) =>
    await db().image.update({ where: { id: imageId }, data })
  await set({ minMemoryMib: 513 })
  expect(await create(owner, request)).toMatchObject({ refusal: { code: 'TYPE_TOO_SMALL', least: 513 } })
  await set({ minMemoryMib: 512, virtualSize: 2n ** 31n + 1n })
  expect(await create(owner, request)).toMatchObject({ refusal: { code: 'DISK_TOO_SMALL', least: 3 } })
  await set({ virtualSize: 4096n, bootMode: 'UEFI' })
  expect(await create(owner, request)).toMatchObject({ refusal: { code: 'BOOT_MODE_UNSUPPORTED' } })
  await set({ bootMode: null })
  await db().instanceType.update({ where: { id: typeId }, data: { retiredAt: noon } })
  expect(await create(owner, request)).toMatchObject({ refusal: { code: 'TYPE_NOT_FOUND' } })
  await db().instanceType.update({ where: { id: typeId }, data: { retiredAt: null } })
  await db().machineHost.update({ where: { id: host }, data: { isEmulationAllowed: false } })
  expect(await create(owner, request)).toMatchObject({ refusal: { code: 'EMULATION_NOT_ALLOWED' } })
  await db().machineHost.update({ where: { id: host }, data: { accelerator: null, problem: 'Install it.' } })
  expect(await create(owner, request)).toEqual({
    ok: false,
    refusal: { code: 'HOST_UNAVAILABLE', problem: 'Install it.' },
  })
  await db().machineHost.updateMany({ data: { seenAt: new Date(Date.now() - minutes(1)) } })
  expect(await create(owner, request)).toEqual({ ok: false, refusal: { code: 'HOST_UNAVAILABLE', problem: null } })
  expect(await db().instance.count({ where: { ownerId: owner.id } })).toBe(0)
})

test('20 concurrent creates with a quota of 3 make 3 instances', async () => {
  const { here, owner, typeId, imageId } = await room()
  await db().quota.create({ data: { accountId: owner.id, regionId: here, resource: 'instances', amount: 3 } })
  const results = await race(20, () => create(owner, { region: here, imageId, typeId }))
  expect(tally(results)).toEqual({ ok: 3, INSTANCE_QUOTA_FULL: 17 })
  expect(await db().instance.count({ where: { ownerId: owner.id } })).toBe(3)
})

test('20 concurrent tenants with capacity for 3 make 3 instances, and a stopped one frees its capacity', async () => {
  const { here, owner, typeId, imageId } = await room({ vcpus: 100, memoryMib: 3 * 512 + 511 })
  const tenants = await accounts(20)
  // Each tenant has its own image, since a common one would serialise them.
  const images = await Promise.all(tenants.map((tenant) => image(tenant, here)))
  const results = await race(20, (index) =>
    create(nth(tenants, index), { region: here, imageId: nth(images, index), typeId }),
  )
  expect(tally(results)).toEqual({ ok: 3, HOST_FULL: 17 })
  const first = await db().instance.findFirstOrThrow({ where: { regionId: here } })
  await db().instance.update({ where: { id: first.id }, data: { state: 'stopped', task: null, taskSince: null } })
  expect(await create(owner, { region: here, imageId, typeId })).toMatchObject({ ok: true })
  const tenant = tenants.find(({ id }) => id === first.ownerId)
  const again = tenant && (await startInstance(tenant.ctx, { region: here, instanceId: first.id }))
  expect(again).toEqual({ ok: false, refusal: { code: 'HOST_FULL' } })
})

test('creates race with unsharing, deleting and disabling: complete or refused, 100 rounds', async () => {
  const { here, typeId } = await room()
  const ends = ['share', 'image', 'account'] as const
  const met = { ok: 0, refused: 0 }
  for (let round = 0; round < 100; round++) {
    const end = ends[round % 3] ?? 'share'
    const [owner, tenant] = await Promise.all([account(), account()])
    const imageId = await image(owner, here)
    const shareId = await held(imageId, tenant)
    const [made] = await race(2, async (index) => {
      if (index === 0) return await create(tenant, { region: here, imageId, typeId })
      if (end === 'share') return await cancelShare(owner.ctx, { shareId })
      if (end === 'account') {
        await db().account.update({ where: { id: tenant.id }, data: { disabledAt: noon } })
        return { ok: true as const, value: null }
      }
      await deleteImage(owner.ctx, { region: here, imageId, cancelShares: true, typedName: 'web-01' })
      return await purgeImage(owner.ctx, { region: here, imageId, deletedUntil: noon })
    })
    const row = await db().instance.findFirst({ where: { ownerId: tenant.id }, include: { blob: true } })
    if (made?.ok) {
      met.ok++
      expect(row?.blob?.state).toBe('ready')
    } else {
      met.refused++
      expect(row).toBeNull()
      expect(made?.refusal.code).toMatch(/IMAGE_NOT_FOUND|IMAGE_NOT_AVAILABLE|SIGNED_OUT/)
    }
  }
  expect(met.ok + met.refused).toBe(100)
})

test('an operation that does not fit the state is refused, and an accepted one is one task', async () => {
  const { here, owner } = await room()
  const id = await instance(owner, here, { state: 'stopped', hostId: await machineHost(), name: 'quay' })
  const own = { region: here, instanceId: id }
  for (const refused of [stopInstance, forceStopInstance, restartInstance])
    expect(await refused(owner.ctx, own)).toMatchObject({ refusal: { code: 'INSTANCE_BUSY', state: 'stopped' } })
  const results = await race(5, () => startInstance(owner.ctx, own))
  expect(tally(results)).toEqual({ ok: 1, INSTANCE_BUSY: 4 })
  expect(await rebuildInstance(owner.ctx, own)).toMatchObject({ refusal: { code: 'INSTANCE_BUSY', task: 'START' } })
  const row = await db().instance.findUniqueOrThrow({ where: { id } })
  expect(row).toMatchObject({ task: 'START', revision: 1 })
})

test('no new disk is made while a snapshot of the old one is in progress', async () => {
  const { here, owner } = await room()
  const id = await instance(owner, here, { state: 'stopped', hostId: await machineHost() })
  const own = { region: here, instanceId: id }
  const asked = await createSnapshot(owner.ctx, { ...own, name: 'kept', description: '' })
  const snapshotId = asked.ok ? asked.value.snapshotId : ''
  const refused = { ok: false, refusal: { code: 'SNAPSHOT_IN_PROGRESS' } }
  expect(await rebuildInstance(owner.ctx, own)).toEqual(refused)
  expect(await restoreInstance(owner.ctx, { ...own, snapshotId })).toEqual(refused)
  expect(await deleteSnapshot(owner.ctx, { region: here, snapshotId })).toMatchObject({ ok: true })
  expect(await rebuildInstance(owner.ctx, own)).toMatchObject({ ok: true })
})

test('an instance is renamed, given a type and protected, and terminated only unprotected and by its name', async () => {
  const { here, owner, typeId } = await room()
  const id = await instance(owner, here, { state: 'stopped', name: 'quay' })
  const own = { region: here, instanceId: id }
  expect(await renameInstance(owner.ctx, { ...own, name: 'pier' })).toMatchObject({ ok: true })
  expect(await changeInstanceType(owner.ctx, { ...own, typeId })).toMatchObject({ ok: true })
  expect(await changeInstanceType(owner.ctx, { ...own, typeId: 'ecs.none' })).toMatchObject({
    refusal: { code: 'TYPE_NOT_FOUND' },
  })
  expect(await protectInstance(owner.ctx, { ...own, isProtected: true })).toMatchObject({ ok: true })
  const end = (typedName: string) => terminateInstance(owner.ctx, { ...own, typedName })
  expect(await end('pier')).toEqual({ ok: false, refusal: { code: 'INSTANCE_PROTECTED' } })
  await protectInstance(owner.ctx, { ...own, isProtected: false })
  expect(await end('quay')).toEqual({ ok: false, refusal: { code: 'INSTANCE_NAME_MISMATCH' } })
  expect(await end(' pier ')).toMatchObject({ ok: true })
  expect(await db().instance.findUniqueOrThrow({ where: { id } })).toMatchObject({
    ...{ state: 'terminating', task: 'TERMINATE', name: 'pier', typeId },
  })
  expect(await end('pier')).toMatchObject({ refusal: { code: 'INSTANCE_BUSY' } })
})

test("another's instance is not found, for every operation", async () => {
  const { here, owner, typeId } = await room()
  const [other, there] = [await account(), await region()]
  const id = await instance(owner, here)
  const operations = [stopInstance, forceStopInstance, restartInstance, startInstance, rebuildInstance]
  for (const [who, where] of [
    [other, here],
    [owner, there],
  ] as const) {
    const own = { region: where, instanceId: id }
    const answers = [
      ...(await Promise.all(operations.map((operate) => operate(who.ctx, own)))),
      await renameInstance(who.ctx, { ...own, name: 'mine' }),
      await protectInstance(who.ctx, { ...own, isProtected: true }),
      await changeInstanceType(who.ctx, { ...own, typeId }),
      await terminateInstance(who.ctx, { ...own, typedName: 'web-01' }),
    ]
    for (const answer of answers) expect(answer).toEqual({ ok: false, refusal: { code: 'INSTANCE_NOT_FOUND' } })
  }
  expect(await db().instance.findUniqueOrThrow({ where: { id } })).toMatchObject({ revision: 0, name: 'web-01' })
})

test('a disabled account is refused every operation, and a sub-account acts for its master', async () => {
  const { here, owner, typeId, imageId } = await room()
  const sub = await account({ master: owner })
  expect(await create(sub, { region: here, imageId, typeId })).toMatchObject({ ok: true })
  const row = await db().instance.findFirstOrThrow({ where: { ownerId: owner.id } })
  expect(row.createdById).toBe(sub.id)
  await db().account.update({ where: { id: owner.id }, data: { disabledAt: noon } })
  const own = { region: here, instanceId: row.id }
  for (const who of [owner, sub])
    expect(await terminateInstance(who.ctx, { ...own, typedName: 'quay' })).toMatchObject({
      refusal: { code: 'SIGNED_OUT' },
    })
})
