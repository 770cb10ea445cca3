import 'server-only'
import { findDeadChecks } from '@/lib/checks/reads'
import { findNeverChecked, forgetChecks, queueCheck, requeueCheck } from '@/lib/checks/writes-run'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { env } from '@/lib/env'
import { ok } from '@/lib/result'
import { discardStaged, listStaged } from '@/lib/stores/staging'
import { stagedCheck } from './check'

/** Requeues checks whose worker died, deletes those whose bytes are gone, and removes leftover copies. */
export async function sweepChecks(): Promise<void> {
  for (const sha256 of await findDeadChecks()) await requeueCheck(sha256)
  await forgetChecks()
  const left = (await listStaged()).filter(({ imageId }) => imageId.startsWith(stagedCheck))
  if (left.length === 0) return
  const running = await db().check.findMany({ where: { leaseHolder: { not: null } }, select: { leaseHolder: true } })
  const names = new Set(running.map(({ leaseHolder }) => `${stagedCheck}${leaseHolder}`))
  for (const { imageId } of left) if (!names.has(imageId)) await discardStaged(imageId)
}

export async function queueNeverChecked(now: Date): Promise<void> {
  if (env().ECS_DISK_CHECK !== 'auto') return
  for (const sha256 of await findNeverChecked())
    await inTransaction(async (tx) => {
      await queueCheck(tx, { sha256, isDeep: false, now })
      return ok(null)
    })
}
