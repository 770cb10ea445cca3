import 'server-only'
import { randomBytes } from 'node:crypto'
import { systemContext } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { isLeaseOver, lockAccounts } from '@/lib/db/locks'
import { inTransaction, StartOver, type Transaction } from '@/lib/db/transaction'
import type { CheckReport } from '@/lib/disks/check/report'
import { recordEvents } from '@/lib/events/writes'
import { addJob } from '@/lib/jobs/queue'
import { ok, Refused } from '@/lib/result'
import { leaseMs, queueMs } from '@/lib/transfers/rules'

// The life of a check in the worker. It has the lease of a transfer: one worker runs it, by a name of its own, and one that died is taken
// up again. What ends it asks for that name under the lock of the row, so it ends once.

/** A check, and who runs it. */
export type CheckWork = { sha256: string; holder: string }
export type CheckProgress = { filesLooked: number; filesTotal: number }

type Asked = { sha256: string; isDeep: boolean; now: Date }

/**
 * Puts a check of a content into the queue. One that waits or runs already stays as it is; a deep one that waits stays deep, and one
 * that is asked for while a shallow one runs follows that.
 */
export async function queueCheck(tx: Transaction, { sha256, isDeep, now }: Asked): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO "Check" (sha256, state, "isQueued", "isDeepNext", "patienceMs", "createdAt")
    VALUES (${sha256}, 'running', true, ${isDeep}, ${queueMs}, ${now}::timestamptz)
    ON CONFLICT (sha256) DO UPDATE SET "isQueued" = true, "isDeepNext" = ${isDeep} OR ("Check"."isQueued" AND "Check"."isDeepNext"),
      "patienceMs" = CASE WHEN "Check"."isQueued" THEN "Check"."patienceMs" ELSE ${queueMs} END,
      "renewedAt" = CASE WHEN "Check"."isQueued" THEN "Check"."renewedAt" ELSE clock_timestamp() END,
      tries = CASE WHEN "Check"."isQueued" THEN "Check".tries ELSE 0 END,
      "filesLooked" = CASE WHEN "Check"."isQueued" THEN "Check"."filesLooked" ELSE 0 END,
      "filesTotal" = CASE WHEN "Check"."isQueued" THEN "Check"."filesTotal" ELSE 0 END`
  await addJob(tx, 'check-disk', { sha256 })
}

/**
 * Has a content checked that nobody has asked about: unless there is a verdict by these rules, or one is on its way. False: nothing
 * to do.
 */
export async function queueUnchecked(sha256: string, rulesVersion: string, now: Date): Promise<boolean> {
  const queued = await db().$executeRaw`
    INSERT INTO "Check" (sha256, state, "isQueued", "patienceMs", "createdAt") VALUES (${sha256}, 'running', true, ${queueMs}, ${now}::timestamptz)
    ON CONFLICT (sha256) DO UPDATE SET "isQueued" = true, "isDeepNext" = "Check"."isDeep", "patienceMs" = ${queueMs},
      "renewedAt" = clock_timestamp(), tries = 0, "filesLooked" = 0, "filesTotal" = 0
    WHERE NOT "Check"."isQueued" AND "Check"."rulesVersion" IS DISTINCT FROM ${rulesVersion}`
  return queued === 1
}

/** Takes a check that nobody runs, or whose worker has died. Of several who ask, one gets it. */
export async function claimCheck(sha256: string): Promise<{ work: CheckWork; isDeep: boolean } | null> {
  const holder = randomBytes(8).toString('hex')
  const [claimed] = await db().$queryRaw<{ isDeep: boolean }[]>`
    UPDATE "Check" SET "leaseHolder" = ${holder}, "renewedAt" = clock_timestamp(), "patienceMs" = ${leaseMs}, tries = tries + 1
    WHERE sha256 = ${sha256} AND "isQueued" AND ("leaseHolder" IS NULL OR ${isLeaseOver}) RETURNING "isDeepNext" AS "isDeep"`
  return claimed ? { work: { sha256, holder }, isDeep: claimed.isDeep } : null
}

/** Says that a check still runs, and how far it is. False: it has ended, or somebody else runs it by now. */
export async function renewCheck({ sha256, holder }: CheckWork, progress?: CheckProgress): Promise<boolean> {
  const { filesLooked = null, filesTotal = null } = progress ?? {}
  const renewed = await db().$executeRaw`
    UPDATE "Check" SET "renewedAt" = clock_timestamp(), "patienceMs" = ${leaseMs},
      "filesLooked" = coalesce(${filesLooked}::int, "filesLooked"), "filesTotal" = coalesce(${filesTotal}::int, "filesTotal")
    WHERE sha256 = ${sha256} AND "leaseHolder" = ${holder}`
  return renewed === 1
}

/** Gives a check back to the queue before its lease ends. */
export async function releaseCheck({ sha256, holder }: CheckWork): Promise<void> {
  await db().$executeRaw`
    UPDATE "Check" SET "leaseHolder" = NULL, "renewedAt" = clock_timestamp(), "patienceMs" = ${queueMs}
    WHERE sha256 = ${sha256} AND "leaseHolder" = ${holder}`
}

/** Puts a check whose worker has died into the queue again. */
export async function requeueCheck(sha256: string): Promise<void> {
  await inTransaction(async (tx) => {
    const queued = await tx.$executeRaw`
      UPDATE "Check" SET "leaseHolder" = NULL, "renewedAt" = clock_timestamp(), "patienceMs" = ${queueMs}
      WHERE sha256 = ${sha256} AND "isQueued" AND ${isLeaseOver}`
    if (queued === 1) await addJob(tx, 'check-disk', { sha256 })
    return ok(null)
  })
}

/** The images of one content whose owners are told of its findings; a content that more have is an image of the operator's. */
const ownersToldMax = 100

const ended = { isQueued: false, isDeepNext: false, leaseHolder: null } as const

/**
 * Ends a check with its verdict: the findings take the place of those before, and who ignored one that is not there any more
 * ignores nothing. False: it has ended already, or somebody else runs it.
 */
export async function settleCheck({ sha256, holder }: CheckWork, found: CheckReport, now: Date): Promise<boolean> {
  const { verdict, reason, rulesVersion, isDeep, counts, findings, findingsBeyond } = found
  const { partitions, files, bytes, seconds, filesByPathOnly, filesNotRead } = found
  const settled = await inTransaction(async (tx) => {
    const owners = await lockOwners(tx, sha256, found)
    const running = await lockWork(tx, { sha256, holder })
    if (!running) return ok(false)
    const told = await findTold(tx, sha256, found)
    // An image that came between the look and the locks has an owner that is not locked.
    if (told.some(({ owner }) => !owners.has(owner.id))) throw new StartOver()
    await tx.finding.deleteMany({ where: { sha256 } })
    const rows = findings.map((finding) => ({
      ...finding,
      sha256,
      offset: finding.offset === null ? null : BigInt(Math.floor(finding.offset)),
    }))
    await tx.finding.createMany({ data: rows, skipDuplicates: true })
    await tx.$executeRaw`
      DELETE FROM "IgnoredFinding" WHERE sha256 = ${sha256} AND NOT "findingId" = ANY(${findings.map(({ id }) => id)}::text[])`
    await tx.$executeRaw`
      UPDATE "IgnoredFinding" ig SET severity = f.severity FROM "Finding" f
      WHERE ig.sha256 = ${sha256} AND f.sha256 = ig.sha256 AND f.id = ig."findingId" AND ig.severity <> f.severity`
    const report = { partitions, files, bytes, seconds, filesByPathOnly, filesNotRead }
    const data = {
      state: verdict,
      reason,
      rulesVersion,
      isDeep,
      ...counts,
      beyond: findingsBeyond,
      report,
      endedAt: now,
    }
    // Deleted data was asked for while this one ran without: it is looked for next.
    const isAskedAgain = running.isDeepNext && !isDeep
    await tx.check.update({ where: { sha256 }, data: { ...data, ...ended } })
    if (isAskedAgain) await queueCheck(tx, { sha256, isDeep: true, now })
    await tellOwners(tx, told, found, now)
    return ok(true)
  })
  if (!settled.ok) throw new Refused(settled.refusal)
  return settled.value
}

/**
 * Ends a check that could not be made. A verdict that it had before stays; one without says `failed`. If it ran without deleted
 * data and that was asked for meanwhile, it is queued with it, as after a check that ended well.
 */
export async function failCheck(
  { sha256, holder }: CheckWork,
  { code, isDeep }: { code: string; isDeep: boolean },
  now: Date,
): Promise<void> {
  await inTransaction(async (tx) => {
    const running = await lockWork(tx, { sha256, holder })
    if (!running) return ok(null)
    await tx.$executeRaw`
      UPDATE "Check" SET "isQueued" = false, "isDeepNext" = false, "leaseHolder" = NULL,
        reason = CASE WHEN state IN ('running', 'failed') THEN ${code} ELSE reason END,
        "endedAt" = CASE WHEN state IN ('running', 'failed') THEN ${now}::timestamptz ELSE "endedAt" END,
        state = CASE state WHEN 'running' THEN 'failed' ELSE state END
      WHERE sha256 = ${sha256}`
    if (running.isDeepNext && !isDeep) await queueCheck(tx, { sha256, isDeep: true, now })
    return ok(null)
  })
}

/** Forgets the checks of contents that no store has any more, with their findings. Answers how many. */
export async function forgetChecks(): Promise<number> {
  return await db().$executeRaw`
    DELETE FROM "Check" c WHERE NOT EXISTS (SELECT FROM "Blob" b WHERE b.sha256 = c.sha256 AND b.state <> 'removing')`
}

/** Contents of available images that have no check at all, as of those that came before disks were checked. */
export async function findNeverChecked(): Promise<string[]> {
  const rows = await db().$queryRaw<{ sha256: string }[]>`
    SELECT DISTINCT i.sha256 FROM "Image" i JOIN "Blob" b ON b.id = i."blobId"
    WHERE i.state = 'available' AND b.state = 'ready' AND i.sha256 = b.sha256
      AND NOT EXISTS (SELECT FROM "Check" c WHERE c.sha256 = i.sha256) LIMIT 1000`
  return rows.map(({ sha256 }) => sha256)
}

const isGrave = ({ verdict, counts }: CheckReport) => verdict === 'findings' && counts.critical + counts.high > 0

/** Locks the accounts of all who may be told, before the check, as whoever records in the chains of several tenants has locked these. */
async function lockOwners(tx: Transaction, sha256: string, found: CheckReport): Promise<ReadonlyMap<string, unknown>> {
  if (!isGrave(found)) return new Map()
  const images = await findImages(tx, sha256)
  return await lockAccounts(tx, [...new Set(images.map(({ owner }) => owner.id))])
}

async function findImages(tx: Transaction, sha256: string) {
  return await tx.image.findMany({
    where: { sha256, state: 'available' },
    select: { id: true, name: true, regionId: true, owner: { select: { id: true, username: true } } },
    orderBy: { id: 'asc' },
    take: ownersToldMax,
  })
}

type Told = Awaited<ReturnType<typeof findImages>>

/**
 * The images whose owners are told that something critical or high was found in their content: none where as much was known
 * before, as a check that is repeated tells nothing new.
 */
async function findTold(tx: Transaction, sha256: string, found: CheckReport): Promise<Told> {
  if (!isGrave(found)) return []
  const { critical, high } = found.counts
  const before = await tx.check.findUniqueOrThrow({ where: { sha256 }, select: { critical: true, high: true } })
  return critical + high > before.critical + before.high ? await findImages(tx, sha256) : []
}

async function tellOwners(tx: Transaction, images: Told, { counts }: CheckReport, now: Date): Promise<void> {
  const { critical, high } = counts
  const events = images.map(({ owner, regionId, ...image }) => ({
    action: 'image.findings' as const,
    owner,
    regionId,
    image,
    details: { critical, high },
  }))
  const [first] = images
  if (first) await recordEvents(tx, systemContext(first.owner, now), events)
}

async function lockWork(tx: Transaction, { sha256, holder }: CheckWork): Promise<{ isDeepNext: boolean } | null> {
  const rows = await tx.$queryRaw<{ isDeepNext: boolean }[]>`
    SELECT "isDeepNext" FROM "Check" WHERE sha256 = ${sha256} AND "leaseHolder" = ${holder} FOR UPDATE`
  return rows[0] ?? null
}
