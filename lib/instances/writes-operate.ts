import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { releaseBytes } from '@/lib/blobs/writes'
import type { Prisma } from '@/lib/db/generated/client'
import { type LockedInstance, lockHost } from '@/lib/db/locks'
import { type OwnInstanceRefusal, onOwnInstance } from '@/lib/db/own-instance'
import type { Transaction } from '@/lib/db/transaction'
import type { EventAction } from '@/lib/events/rules'
import { recordEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import { isAvailable } from '@/lib/images/rules'
import { ok, type Refusal, type RefusalOf, type Result, refuse } from '@/lib/result'
import { findHost, findType, findUsableImage } from './reads'
import {
  type HostRefusal,
  type InstanceOperation,
  isOnHost,
  refuseHost,
  refuseOperation,
  refuseRestore,
  refuseTerminate,
  refuseType,
  type Shape,
} from './rules'
import type {
  ChangeInstanceTypeInput,
  InstanceInput,
  ProtectInstanceInput,
  RenameInstanceInput,
  RestoreInstanceInput,
  TerminateInstanceInput,
} from './schema'

type Done = { instanceId: string }
type Operated<R extends Refusal = never> = Promise<Result<Done, OwnInstanceRefusal | RefusalOf<'INSTANCE_BUSY'> | R>>

type Ask = { data: Prisma.InstanceUncheckedUpdateInput; event: EventAction; details?: Prisma.InputJsonObject }

/** Records the event and wakes the host. The new revision prevents the outcome of an older task from ending this one. */
async function change(tx: Transaction, ctx: Context, instance: LockedInstance, { data, event, details }: Ask) {
  const task = data.task ? { taskSince: ctx.now } : {}
  await tx.instance.update({
    where: { id: instance.id },
    data: { ...data, ...task, revision: { increment: 1 }, updatedAt: ctx.now },
  })
  await recordEvents(tx, ctx, [
    { action: event, regionId: instance.regionId, instance, ...(details ? { details } : {}) },
  ])
  return ok({ instanceId: instance.id })
}

async function ask(ctx: Context, input: InstanceInput, operation: InstanceOperation, asked: Ask): Operated {
  return await onOwnInstance(ctx, input, async (tx, { instance }) => {
    const refusal = refuseOperation(operation, instance)
    return refusal ? refuse(refusal) : await change(tx, ctx, instance, asked)
  })
}

/** Presses the power button. A guest that ignores it is powered off after ECS_MACHINE_STOP_PATIENCE. */
export async function stopInstance(ctx: Context, input: InstanceInput): Operated {
  return await ask(ctx, input, 'stop', { data: { state: 'stopping', task: 'STOP' }, event: 'instance.stop' })
}

/** Powers an instance off; unwritten data of the guest is lost. */
export async function forceStopInstance(ctx: Context, input: InstanceInput): Operated {
  const data = { state: 'stopping', task: 'FORCE_STOP' } as const
  return await ask(ctx, input, 'forceStop', { data, event: 'instance.stop', details: { force: 1 } })
}

/** Resets a running instance. */
export async function restartInstance(ctx: Context, input: InstanceInput): Operated {
  return await ask(ctx, input, 'restart', { data: { task: 'RESTART' }, event: 'instance.restart' })
}

/** Starts a stopped or failed instance. Refuses as `refuseHost`, since its capacity may be taken. */
export async function startInstance(ctx: Context, input: InstanceInput): Operated<HostRefusal> {
  return await onOwnInstance(ctx, input, async (tx, { instance }) => {
    const refusal = refuseOperation('start', instance) ?? (await refuseRoomOnHost(tx, instance))
    if (refusal) return refuse(refusal)
    return await change(tx, ctx, instance, { data: { task: 'START' }, event: 'instance.start' })
  })
}

async function refuseRoomOnHost(tx: Transaction, { hostId, typeId, bootMode }: LockedInstance) {
  await lockHost(tx, hostId)
  const [type, host] = [await findType(tx, typeId), await findHost(tx, hostId)]
  const shape: Shape = type ?? { vcpus: 0, memoryMib: 0 }
  return refuseHost(host, { shape, count: 1, bootMode })
}

/** A snapshot in progress reads the current disk. Call it under the instance's lock, which creating a snapshot takes too. */
async function refuseNewDisk(
  tx: Transaction,
  { id }: LockedInstance,
): Promise<RefusalOf<'SNAPSHOT_IN_PROGRESS'> | null> {
  const making = await tx.snapshot.count({ where: { instanceId: id, state: 'creating' } })
  return making > 0 ? { code: 'SNAPSHOT_IN_PROGRESS' } : null
}

/**
 * Rebuilds the system disk from the instance's image and starts it; the old disk is lost. Refuses REBUILD_IMAGE_GONE if the image or
 * its share is gone, SNAPSHOT_IN_PROGRESS, and as `refuseHost`.
 */
export async function rebuildInstance(
  ctx: Context,
  input: InstanceInput,
): Operated<HostRefusal | RefusalOf<'REBUILD_IMAGE_GONE' | 'SNAPSHOT_IN_PROGRESS'>> {
  const rebuild = async (
    tx: Transaction,
    {
      instance,
      image,
    }: { instance: LockedInstance; image: { id: string; state: string; blobId: string | null } | null },
  ) => {
    const refusal = refuseOperation('rebuild', instance) ?? (await refuseNewDisk(tx, instance))
    if (refusal) return refuse(refusal)
    const usable = image && isAvailable(image.state) && (await findUsableImage(tx, ctx, image.id))
    if (!usable || image.blobId === null) return refuse({ code: 'REBUILD_IMAGE_GONE' })
    const full = isOnHost(instance) ? null : await refuseRoomOnHost(tx, instance)
    if (full) return refuse(full)
    const data = { state: 'creating', task: 'REBUILD', build: newId('bld'), blobId: image.blobId } as const
    const done = await change(tx, ctx, instance, { data, event: 'instance.rebuild' })
    if (instance.blobId !== null && instance.blobId !== image.blobId)
      await releaseBytes(tx, { blobId: instance.blobId, regionId: instance.regionId }, ctx.now)
    return done
  }
  return await onOwnInstance(ctx, input, rebuild, async (tx) => {
    const found = await tx.instance.findUnique({ where: { id: input.instanceId }, select: { imageId: true } })
    return found?.imageId ?? null
  })
}

/**
 * Restores the disk of a stopped instance from a snapshot in its region; the old disk is lost. Refuses
 * SNAPSHOT_NOT_FOUND, SNAPSHOT_NOT_AVAILABLE, DISK_TOO_SMALL for a snapshot of a larger disk, and SNAPSHOT_IN_PROGRESS.
 */
export async function restoreInstance(
  ctx: Context,
  input: RestoreInstanceInput,
): Operated<RefusalOf<'SNAPSHOT_NOT_FOUND' | 'SNAPSHOT_NOT_AVAILABLE' | 'SNAPSHOT_IN_PROGRESS' | 'DISK_TOO_SMALL'>> {
  return await onOwnInstance(ctx, input, async (tx, { instance }) => {
    const busy = refuseOperation('restore', instance) ?? (await refuseNewDisk(tx, instance))
    if (busy) return refuse(busy)
    const { ownerId, regionId } = instance
    // Blocks its deletion until the instance holds its bytes.
    await tx.$queryRaw`SELECT id FROM "Snapshot" WHERE id = ${input.snapshotId} FOR KEY SHARE`
    const snapshot = await tx.snapshot.findFirst({ where: { id: input.snapshotId, ownerId, regionId } })
    if (!snapshot) return refuse({ code: 'SNAPSHOT_NOT_FOUND' })
    const refusal = refuseRestore(snapshot, instance)
    if (refusal) return refuse(refusal)
    const data = { state: 'creating', task: 'RESTORE', build: newId('bld'), blobId: snapshot.blobId } as const
    const details = { from: snapshot.id }
    const done = await change(tx, ctx, instance, { data, event: 'instance.restore', details })
    if (instance.blobId !== null && instance.blobId !== snapshot.blobId)
      await releaseBytes(tx, { blobId: instance.blobId, regionId }, ctx.now)
    return done
  })
}

/** Renames an instance in any state before its termination. */
export async function renameInstance(ctx: Context, input: RenameInstanceInput): Operated {
  return await onOwnInstance(ctx, input, async (tx, { instance }) => {
    const refusal = refuseOperation('rename', instance)
    if (refusal) return refuse(refusal)
    return await note(tx, ctx, instance, {
      data: { name: input.name },
      event: 'instance.rename',
      details: { from: instance.name, to: input.name },
    })
  })
}

/** Protects an instance from Terminate, or removes the protection. */
export async function protectInstance(ctx: Context, input: ProtectInstanceInput): Operated {
  return await onOwnInstance(ctx, input, async (tx, { instance }) => {
    const refusal = refuseOperation('protect', instance)
    if (refusal) return refuse(refusal)
    const { isProtected } = input
    const details = { protected: isProtected ? 1 : 0 }
    return await note(tx, ctx, instance, { data: { isProtected }, event: 'instance.protect', details })
  })
}

async function note(tx: Transaction, ctx: Context, instance: LockedInstance, { data, event, details }: Ask) {
  await tx.instance.update({ where: { id: instance.id }, data: { ...data, updatedAt: ctx.now } })
  await recordEvents(tx, ctx, [
    { action: event, regionId: instance.regionId, instance, ...(details ? { details } : {}) },
  ])
  return ok({ instanceId: instance.id })
}

/** Changes the type of a stopped instance from its next start on. Refuses as `refuseType`. */
export async function changeInstanceType(
  ctx: Context,
  input: ChangeInstanceTypeInput,
): Operated<RefusalOf<'TYPE_NOT_FOUND' | 'TYPE_TOO_SMALL'>> {
  return await onOwnInstance(ctx, input, async (tx, { instance }) => {
    const busy = refuseOperation('changeType', instance)
    if (busy) return refuse(busy)
    const type = await findType(tx, input.typeId)
    const refusal = refuseType(type, { minMemoryMib: instance.minMemoryMib, minDiskGib: 0 })
    if (refusal) return refuse(refusal)
    const details = { from: instance.typeId, to: input.typeId }
    return await note(tx, ctx, instance, { data: { typeId: input.typeId }, event: 'instance.type', details })
  })
}

/** Terminates an instance with its disk. Possible in every state, unless it is protected; its name must be typed. */
export async function terminateInstance(
  ctx: Context,
  input: TerminateInstanceInput,
): Operated<RefusalOf<'INSTANCE_PROTECTED' | 'INSTANCE_NAME_MISMATCH'>> {
  return await onOwnInstance(ctx, input, async (tx, { instance }) => {
    const refusal = refuseTerminate({ instance, typedName: input.typedName })
    if (refusal) return refuse(refusal)
    const data = { state: 'terminating', task: 'TERMINATE' } as const
    return await change(tx, ctx, instance, { data, event: 'instance.terminate' })
  })
}
