import { db } from '@/lib/db/client'
import type { Prisma } from '@/lib/db/generated/client'
import { newId } from '@/lib/ids'
import { type Account, type Image, imageRows, unique } from './fixtures'

// Rows of instances, without a hypervisor or a process for their host.

const region = 'cn-shanghai'
const far = new Date('2999-01-01T00:00:00Z')

/** A host that is alive, has capacity, and is preferred to the running worker's. */
export async function aliveHost(): Promise<string> {
  const id = 'host-of-browser-tests'
  const facts = { vcpus: 1_000_000, memoryMib: 1_000_000_000, accelerator: 'kvm', canUefi: true, version: 'test' }
  const data = { ...facts, isEmulationAllowed: true, problem: null, seenAt: far }
  await db().machineHost.createMany({ data: [{ id, ...data }], skipDuplicates: true })
  return id
}

/** A separate type: 1 vCPU, and ¥0.08 an hour unless another price in minor units is given. */
export async function instanceType(memoryMib = 512, amount = 8): Promise<string> {
  const id = unique(`ecs.m${memoryMib}`)
  const prices = { create: { validFrom: new Date(0), amount } }
  await db().instanceType.create({ data: { id, vcpus: 1, memoryMib, createdAt: new Date(), prices } })
  return id
}

export type Instance = { id: string; name: string }

type Row = Partial<Omit<Prisma.InstanceUncheckedCreateInput, 'imageId'>> & { image?: Image; sharer?: Account }

/** Instances of an account, running unless the row says otherwise; the last is the newest. */
export async function instanceRows(owner: Account, rows: Row[]): Promise<Instance[]> {
  const [hostId, typeId] = [await aliveHost(), await instanceType()]
  const made: Instance[] = []
  for (const [index, { image, sharer, ...fields }] of rows.entries()) {
    const from = image ?? (await imageRows(sharer ?? owner, [{}]))[0]
    if (!from) throw new Error('There is an image for each row.')
    const { blobId } = await db().image.findUniqueOrThrow({ where: { id: from.id } })
    const at = new Date(Date.now() - (rows.length - index) * 1_000)
    const state = fields.state ?? 'running'
    const data = {
      ...{ id: newId('ins'), name: unique('machine'), ownerId: owner.master?.id ?? owner.id, createdById: owner.id },
      ...{ regionId: region, state, imageId: from.id, imageName: from.name, operatingSystem: 'Debian 12' },
      ...{ imageOwnerId: (sharer ?? owner).id, imageOwnerName: (sharer ?? owner).username },
      ...{ bootMode: 'BIOS' as const, typeId, diskBytes: 2n ** 30n, build: newId('bld'), hostId },
      ...{ blobId: state === 'terminated' ? null : blobId, createdAt: at, updatedAt: at },
      ...{ terminatedAt: state === 'terminated' ? at : null, taskSince: fields.task ? at : null },
      ...fields,
    }
    await db().instance.create({ data })
    made.push({ id: data.id, name: data.name })
  }
  return made
}

export type Snapshot = { id: string; name: string }

/** Snapshots of an instance, available unless the row says otherwise; the last is the newest. */
export async function snapshotRows(
  owner: Account,
  { id: instanceId }: Instance,
  rows: Partial<Prisma.SnapshotUncheckedCreateInput>[],
): Promise<Snapshot[]> {
  const instance = await db().instance.findUniqueOrThrow({ where: { id: instanceId } })
  const { name: instanceName, imageId, imageName, imageOwnerId, imageOwnerName, operatingSystem, bootMode } = instance
  // The image's bytes serve as the snapshot's.
  const { blobId } = await db().image.findUniqueOrThrow({ where: { id: imageId } })
  const made: Snapshot[] = []
  for (const [index, fields] of rows.entries()) {
    const at = new Date(Date.now() - (rows.length - index) * 1_000)
    const isThere = (fields.state ?? 'available') === 'available'
    const data = {
      ...{ id: newId('snap'), name: unique('snapshot'), state: 'available' as const, regionId: region },
      ...{ ownerId: owner.master?.id ?? owner.id, createdById: owner.id, instanceId, instanceName },
      ...{ imageId, imageName, imageOwnerId, imageOwnerName, operatingSystem, bootMode },
      ...{ virtualSize: instance.diskBytes, totalBytes: instance.diskBytes, createdAt: at, updatedAt: at },
      ...(isThere ? { blobId, size: 3n * 2n ** 20n, consistency: 'SETTLED' as const } : {}),
      ...fields,
    }
    await db().snapshot.create({ data })
    made.push({ id: data.id, name: data.name })
  }
  return made
}
