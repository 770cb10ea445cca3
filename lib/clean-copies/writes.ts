import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { Prisma } from '@/lib/db/generated/client'
import { type LockedImage, lockCheck } from '@/lib/db/locks'
import { once } from '@/lib/db/once'
import { type Locked, type OwnImageRefusal, onOwnImage } from '@/lib/db/own-image'
import type { Transaction } from '@/lib/db/transaction'
import { refuseFinding } from '@/lib/disks/clean/plan'
import { env } from '@/lib/env'
import { recordEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import { canImage } from '@/lib/images/rules'
import { addJob } from '@/lib/jobs/queue'
import { type NewImageRefusal, refuseNewImage } from '@/lib/quotas/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { queueMs } from '@/lib/transfers/rules'
import type { TransferInput } from '@/lib/transfers/schema'
import { findEndedCheck } from './reads'
import { chooseFindings, refuseRetryCleanCopy, roomToClean } from './rules'
import { type BegunCleanCopy, begunCleanCopy, type MakeCleanCopyInput } from './schema'

type BeginRefusal =
  | RefusalOf<'IMAGE_NOT_AVAILABLE' | 'CHECKS_OFF' | 'FINDING_NOT_FOUND' | 'CLEAN_REFUSED'>
  | NewImageRefusal

/**
 * Begins a clean copy of an own image in its region: creates the new image as `copying`, takes a quota place, reserves the space that
 * the cleaning needs, and enqueues the job, in one transaction. The source is only read, and cannot be deleted meanwhile. Refuses as
 * `onOwnImage` and `chooseFindings`, IMAGE_QUOTA_FULL, BYTES_QUOTA_FULL and STORE_FULL. One idempotency key creates one clean copy.
 */
export async function beginCleanCopy(
  ctx: Context,
  input: MakeCleanCopyInput,
): Promise<Result<BegunCleanCopy, OwnImageRefusal | BeginRefusal>> {
  return await onOwnImage(ctx, input, (tx, { image }) =>
    once(tx, ctx, begunCleanCopy, () => makeCleanCopy(tx, ctx, input, image)),
  )
}

async function makeCleanCopy(
  tx: Transaction,
  ctx: Context,
  { name, findings: chosen, isReset }: MakeCleanCopyInput,
  source: LockedImage,
): Promise<Result<BegunCleanCopy, BeginRefusal>> {
  const { sha256, regionId } = source
  const isOn = env().ECS_DISK_CHECK !== 'off'
  const check = sha256 === null ? null : await lockEndedCheck(tx, sha256)
  const facts = { image: source, isOn, partitions: check?.partitions ?? null, findings: check?.findings ?? new Map() }
  const choice = chooseFindings({ ...facts, refuseFinding, chosen, isReset })
  if ('refusal' in choice) return refuse(choice.refusal)
  if (sha256 === null || !check) return refuse({ code: 'IMAGE_NOT_AVAILABLE', state: source.state })
  const { size, tags, ...kept } = await tx.image.findUniqueOrThrow({ where: { id: source.id }, select: keptFields })
  const room = roomToClean({ size: Number(size), virtualSize: Number(kept.virtualSize) })
  const full = await refuseFull(tx, ctx, regionId, room)
  if (full) return refuse(full)
  const copy = { id: newId('img'), name }
  // Without excerpts: the record names the files, and stores nothing of their content.
  const findings = choice.findings.map((finding) => ({ ...finding, masked: null }))
  await tx.image.create({
    data: {
      ...kept,
      ...copy,
      ownerId: ctx.viewer.ownerId,
      regionId,
      source: 'CLEAN',
      state: 'copying',
      copyOfId: source.id,
      copyOfRegionId: regionId,
      transfer: { create: waiting(kept.virtualSize, room) },
      tags: { create: tags },
      cleanCopy: { create: { sha256, findings, isReset, ...check.counts } },
      createdAt: ctx.now,
      updatedAt: ctx.now,
    },
  })
  const dealtWith = findings.length
  await recordEvents(tx, ctx, [
    { action: 'image.clean', regionId, image: source, details: { to: copy.id, findings: dealtWith } },
    { action: 'image.clean', regionId, image: copy, details: { from: source.id, findings: dealtWith } },
  ])
  await addJob(tx, 'clean-image', { imageId: copy.id })
  return ok({ imageId: copy.id })
}

const keptFields = {
  description: true,
  operatingSystem: true,
  architecture: true,
  bootMode: true,
  minDiskGib: true,
  minMemoryMib: true,
  virtualSize: true,
  size: true,
  tags: { select: { key: true, value: true } },
} as const

/** The last check, under its lock: a new verdict waits until this transaction has ended. */
async function lockEndedCheck(tx: Transaction, sha256: string) {
  await lockCheck(tx, sha256)
  const check = await findEndedCheck(tx, sha256)
  return check && { ...check, findings: new Map(check.findings.map((finding) => [finding.id, finding])) }
}

/**
 * Retries a failed clean copy with the same choice, taking a quota place again. The source must still exist, be available and have the
 * same bytes. Refuses as `onOwnImage` and `refuseRetryCleanCopy`, IMAGE_NOT_AVAILABLE, IMAGE_QUOTA_FULL, BYTES_QUOTA_FULL and
 * STORE_FULL.
 */
export async function retryCleanCopy(
  ctx: Context,
  input: TransferInput,
): Promise<
  Result<{ imageId: string }, OwnImageRefusal | RefusalOf<'IMAGE_BUSY' | 'IMAGE_NOT_AVAILABLE'> | NewImageRefusal>
> {
  const retry = async (tx: Transaction, { image }: Locked) => {
    const refusal = refuseRetryCleanCopy(image)
    if (refusal || image.copyOfId === null) return refuse(refusal ?? { code: 'IMAGE_BUSY', state: image.state })
    const select = { state: true, size: true, virtualSize: true, sha256: true } as const
    const source = await tx.image.findUnique({ where: { id: image.copyOfId }, select })
    const planned = await tx.cleanCopy.findUnique({ where: { imageId: image.id }, select: { sha256: true } })
    if (!source || !canImage('copy', source.state) || source.sha256 !== planned?.sha256)
      return refuse({ code: 'IMAGE_NOT_AVAILABLE', state: source?.state ?? 'deleted' })
    const room = roomToClean({ size: Number(source.size), virtualSize: Number(source.virtualSize) })
    const full = await refuseFull(tx, ctx, image.regionId, room)
    if (full) return refuse(full)
    const transfer = { create: waiting(source.virtualSize, room) }
    const data = { state: 'copying', failure: Prisma.DbNull, transfer, updatedAt: ctx.now } as const
    await tx.image.update({ where: { id: image.id }, data })
    await recordEvents(tx, ctx, [
      { action: 'image.clean', regionId: image.regionId, image, details: { from: image.copyOfId } },
    ])
    await addJob(tx, 'clean-image', { imageId: image.id })
    return ok({ imageId: image.id })
  }
  return await onOwnImage(ctx, input, retry, async (tx) => {
    const copy = await tx.image.findUnique({ where: { id: input.imageId }, select: { copyOfId: true } })
    return { images: copy?.copyOfId ? [copy.copyOfId] : [] }
  })
}

type Room = ReturnType<typeof roomToClean>

async function refuseFull(tx: Transaction, ctx: Context, regionId: string, { promised, staged }: Room) {
  const writing = { where: 'staging', bytes: staged } as const
  return await refuseNewImage(tx, { ownerId: ctx.viewer.ownerId, regionId, bytes: promised, writing })
}

function waiting(virtualSize: bigint, { promised, staged }: Room) {
  return {
    ...({ kind: 'CLEAN', step: 'CLEAN', patienceMs: queueMs } as const),
    ...{ totalBytes: virtualSize, promisedBytes: promised, reservedBytes: staged },
  }
}
