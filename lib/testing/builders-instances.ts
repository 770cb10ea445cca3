import { db } from '@/lib/db/client'
import type { InstanceState } from '@/lib/db/generated/enums'
import { newId } from '@/lib/ids'
import { firstPriceFrom } from '@/lib/instance-types/rules'
import { image, minutes, noon, type TestAccount } from './builders'

/** A separate instance type with one price, in minor units an hour. */
export async function instanceType(
  options: { amount?: number; vcpus?: number; memoryMib?: number } = {},
): Promise<string> {
  const { amount = 8, vcpus = 1, memoryMib = 512 } = options
  const id = `ecs.x1.${newId('ins').slice(4)}`
  const prices = { create: { validFrom: firstPriceFrom, amount } }
  await db().instanceType.create({ data: { id, vcpus, memoryMib, createdAt: noon, prices } })
  return id
}

type HostOptions = { accelerator?: string | null; vcpus?: number; memoryMib?: number }

/** The row of a host that emulates and is alive for the next hour, without a process. */
export async function machineHost(options: HostOptions = {}): Promise<string> {
  const { accelerator = 'emulation', vcpus = 1_000_000, memoryMib = 1_000_000_000 } = options
  const id = `host-${newId('ins').slice(4)}`
  const data = { id, vcpus, memoryMib, accelerator, canUefi: false, isEmulationAllowed: true, version: 'test' }
  await db().machineHost.create({ data: { ...data, seenAt: new Date(Date.now() + minutes(60)) } })
  return id
}

type InstanceOptions = {
  name?: string
  state?: InstanceState
  imageId?: string
  typeId?: string
  hostId?: string
  createdById?: string
  createdAt?: Date
}

/** The row of an instance: running, unless another state is given. Without a machine. */
export async function instance(owner: TestAccount, regionId: string, options: InstanceOptions = {}): Promise<string> {
  const { name = 'web-01', state = 'running', createdAt = noon } = options
  const [typeId, hostId, imageId] = await Promise.all([
    options.typeId ?? instanceType(),
    options.hostId ?? machineHost(),
    options.imageId ?? image(owner, regionId),
  ])
  const from = await db().image.findUniqueOrThrow({ where: { id: imageId }, include: { owner: true } })
  const id = newId('ins')
  await db().instance.create({
    data: {
      id,
      ownerId: owner.masterId ?? owner.id,
      createdById: options.createdById ?? owner.id,
      regionId,
      name,
      state,
      imageId,
      imageName: from.name,
      imageOwnerId: from.ownerId,
      imageOwnerName: from.owner.username,
      operatingSystem: from.operatingSystem,
      bootMode: 'BIOS',
      typeId,
      diskBytes: 2n ** 30n,
      blobId: state === 'terminated' ? null : from.blobId,
      build: newId('bld'),
      hostId,
      createdAt,
      updatedAt: createdAt,
      terminatedAt: state === 'terminated' ? createdAt : null,
    },
  })
  return id
}

/** Records that an instance ran, with its current disk. */
export async function ran(instanceId: string, from: Date, to: Date, isOpen = false): Promise<void> {
  const { typeId, build } = await db().instance.findUniqueOrThrow({ where: { id: instanceId } })
  await db().instance.update({ where: { id: instanceId }, data: { startedBuild: build } })
  await db().instanceRun.create({ data: { instanceId, from, to, isOpen, typeId } })
}
