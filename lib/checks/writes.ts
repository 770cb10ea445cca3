import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { type LockedImage, lockCheck } from '@/lib/db/locks'
import { type OwnImageRefusal, onOwnImage } from '@/lib/db/own-image'
import type { Transaction } from '@/lib/db/transaction'
import { env } from '@/lib/env'
import { recordEvents } from '@/lib/events/writes'
import { isAvailable } from '@/lib/images/rules'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { refuseCheck } from './rules'
import type { CountFindingInput, IgnoreFindingInput, RequestCheckInput } from './schema'
import { queueCheck } from './writes-run'

type RequestRefusal = OwnImageRefusal | RefusalOf<'IMAGE_NOT_AVAILABLE' | 'CHECKS_OFF' | 'CHECKS_FULL'>

/**
 * Requests a check of an own image. An existing verdict stays until the new one is there; while a check is queued or runs, no second
 * one is queued. Refuses as `onOwnImage`, CHECKS_OFF, IMAGE_NOT_AVAILABLE, and CHECKS_FULL while too many other disks of the account
 * are queued.
 */
export async function requestCheck(
  ctx: Context,
  { isDeep, ...input }: Omit<RequestCheckInput, 'region'> & { region: string | null },
): Promise<Result<{ sha256: string }, RequestRefusal>> {
  return await onOwnImage(ctx, input, async (tx, { image }): Promise<Result<{ sha256: string }, RequestRefusal>> => {
    if (env().ECS_DISK_CHECK === 'off') return refuse({ code: 'CHECKS_OFF' })
    const { sha256 } = image
    if (sha256 === null || !isAvailable(image.state)) return refuse({ code: 'IMAGE_NOT_AVAILABLE', state: image.state })
    // The operator, who passes no region, has no limit.
    const full = input.region === null ? null : refuseCheck({ queued: await countQueued(tx, image) })
    if (full) return refuse(full)
    await queueCheck(tx, { sha256, isDeep, now: ctx.now })
    await recordEvents(tx, ctx, [{ action: 'image.check', regionId: image.regionId, image }])
    return ok({ sha256 })
  })
}

/**
 * Number of the owner's other queued disks; 0 if this image's disk is queued already, which adds nothing. Call it under the lock of
 * that account.
 */
async function countQueued(tx: Transaction, { ownerId, sha256 }: LockedImage): Promise<number> {
  const [row] = await tx.$queryRaw<{ queued: number }[]>`
    SELECT count(*)::int AS queued FROM "Check" c WHERE c."isQueued" AND c.sha256 <> ${sha256}
      AND NOT EXISTS (SELECT FROM "Check" own WHERE own.sha256 = ${sha256} AND own."isQueued")
      AND EXISTS (SELECT FROM "Blob" b JOIN "Image" i ON i."blobId" = b.id WHERE b.sha256 = c.sha256 AND i."ownerId" = ${ownerId})`
  return row?.queued ?? 0
}

type FindingRefusal = OwnImageRefusal | RefusalOf<'FINDING_NOT_FOUND'>

/** Ignores a finding: it no longer counts, and stays visible with the reason. Refuses as `onOwnImage`, and FINDING_NOT_FOUND. */
export async function ignoreFinding(
  ctx: Context,
  input: IgnoreFindingInput,
): Promise<Result<{ findingId: string }, FindingRefusal>> {
  return await onOwnImage(ctx, input, async (tx, { image }): Promise<Result<{ findingId: string }, FindingRefusal>> => {
    const { findingId, reason } = input
    const finding = await findFinding(tx, image.sha256, findingId)
    if (!finding) return refuse({ code: 'FINDING_NOT_FOUND' })
    const { sha256, rule, severity } = finding
    const key = { ownerId: image.ownerId, sha256, findingId }
    const said = { severity, reason, by: ctx.viewer.username, at: ctx.now }
    const where = { ownerId_sha256_findingId: key }
    await tx.ignoredFinding.upsert({ where, create: { ...key, ...said }, update: said })
    const details = { rule, finding: findingId, reason }
    await recordEvents(tx, ctx, [{ action: 'finding.ignore', regionId: image.regionId, image, details }])
    return ok({ findingId })
  })
}

/** Counts an ignored finding again. Refuses as `onOwnImage`, and FINDING_NOT_FOUND, also for one that was not ignored. */
export async function countFinding(
  ctx: Context,
  input: CountFindingInput,
): Promise<Result<{ findingId: string }, FindingRefusal>> {
  return await onOwnImage(ctx, input, async (tx, { image }): Promise<Result<{ findingId: string }, FindingRefusal>> => {
    const { findingId } = input
    const finding = await findFinding(tx, image.sha256, findingId)
    const ignored = { ownerId: image.ownerId, sha256: finding?.sha256 ?? '', findingId }
    const { count } = await tx.ignoredFinding.deleteMany({ where: ignored })
    if (!finding || count === 0) return refuse({ code: 'FINDING_NOT_FOUND' })
    const details = { rule: finding.rule, finding: findingId }
    await recordEvents(tx, ctx, [{ action: 'finding.count', regionId: image.regionId, image, details }])
    return ok({ findingId })
  })
}

/** A finding in the bytes with this digest, under the lock of their check: a new verdict waits until this transaction has ended. */
async function findFinding(tx: Transaction, sha256: string | null, findingId: string) {
  if (sha256 === null) return null
  await lockCheck(tx, sha256)
  return await tx.finding.findUnique({
    where: { sha256_id: { sha256, id: findingId } },
    select: { sha256: true, rule: true, severity: true },
  })
}
