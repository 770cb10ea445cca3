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

// A check in the worker. Like a transfer it has a lease: one worker runs it, under a random holder name, and after that worker dies
// another takes it up. Everything that ends a check requires that name under the row's lock, so it ends once.

/** A check, and the name of the holder of its lease. */
export type CheckWork = { sha256: string; holder: string }
export type CheckProgress = { filesLooked: number; filesTotal: number }

type Asked = { sha256: string; isDeep: boolean; now: Date }

/**
 * Queues a check of a content. A queued or running check stays as it is; a queued deep one stays deep. A deep one requested while a
 * shallow one runs is queued after it.
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
 * Queues a check that nobody requested, unless there is a verdict by these rules or a check is queued. Returns false if there is
 * nothing to do.
 */
export async function queueUnchecked(sha256: string, rulesVersion: string, now: Date): Promise<boolean> {
  const queued = await db().$executeRaw`
    INSERT INTO "Check" (sha256, state, "isQueued", "patienceMs", "createdAt") VALUES (${sha256}, 'running', true, ${queueMs}, ${now}::timestamptz)
    ON CONFLICT (sha256) DO UPDATE SET "isQueued" = true, "isDeepNext" = "Check"."isDeep", "patienceMs" = ${queueMs},
      "renewedAt" = clock_timestamp(), tries = 0, "filesLooked" = 0, "filesTotal" = 0
    WHERE NOT "Check"."isQueued" AND "Check"."rulesVersion" IS DISTINCT FROM ${rulesVersion}`
  return queued === 1
}

/** Claims a check that nobody runs or whose worker died. Only one of several concurrent callers gets it. */
export async function claimCheck(sha256: string): Promise<{ work: CheckWork; isDeep: boolean } | null> {
  const holder = randomBytes(8).toString('hex')
  const [claimed] = await db().$queryRaw<{ isDeep: boolean }[]>`
    UPDATE "Check" SET "leaseHolder" = ${holder}, "renewedAt" = clock_timestamp(), "patienceMs" = ${leaseMs}, tries = tries + 1
    WHERE sha256 = ${sha256} AND "isQueued" AND ("leaseHolder" IS NULL OR ${isLeaseOver}) RETURNING "isDeepNext" AS "isDeep"`
  return claimed ? { work: { sha256, holder }, isDeep: claimed.isDeep } : null
}

/** Renews the lease and records the progress. False if the check has ended or has another holder. */
export async function renewCheck({ sha256, holder }: CheckWork, progress?: CheckProgress): Promise<boolean> {
  const { filesLooked = null, filesTotal = null } = progress ?? {}
  const renewed = await db().$executeRaw`
    UPDATE "Check" SET "renewedAt" = clock_timestamp(), "patienceMs" = ${leaseMs},
      "filesLooked" = coalesce(${filesLooked}::int, "filesLooked"), "filesTotal" = coalesce(${filesTotal}::int, "filesTotal")
    WHERE sha256 = ${sha256} AND "leaseHolder" = ${holder}`
  return renewed === 1
}

/** Returns a check to the queue before its lease ends. */
export async function releaseCheck({ sha256, holder }: CheckWork): Promise<void> {
  await db().$executeRaw`
    UPDATE "Check" SET "leaseHolder" = NULL, "renewedAt" = clock_timestamp(), "patienceMs" = ${queueMs}
    WHERE sha256 = ${sha256} AND "leaseHolder" = ${holder}`
}

/** Requeues a check whose worker died. */
export async function requeueCheck(sha256: string): Promise<void> {
  await inTransaction(async (tx) => {
    const queued = await tx.$executeRaw`
      UPDATE "Check" SET "leaseHolder" = NULL, "renewedAt" = clock_timestamp(), "patienceMs" = ${queueMs}
      WHERE sha256 = ${sha256} AND "isQueued" AND ${isLeaseOver}`
    if (queued === 1) await addJob(tx, 'check-disk', { sha256 })
    return ok(null)
  })
}

/** Owners are notified of findings in at most this many images of one content; a content in more images is the operator's. */
const ownersToldMax = 100

const ended = { isQueued: false, isDeepNext: false, leaseHolder: null } as const

/**
 * Ends a check with its verdict: the findings replace the previous ones, and the marks of ignored findings that no longer exist go with
 * them. False if it has ended or has another holder.
 */
export async function settleCheck({ sha256, holder }: CheckWork, found: CheckReport, now: Date): Promise<boolean> {
  const { verdict, reason, rulesVersion, isDeep, counts, findings, findingsBeyond } = found
  const { partitions, files, bytes, seconds, filesByPathOnly, filesNotRead } = found
  const settled = await inTransaction(async (tx) => {
    const owners = await lockOwners(tx, sha256, found)
    const running = await lockWork(tx, { sha256, holder })
    if (!running) return ok(false)
    const told = await findTold(tx, sha256, found)
    // An image was created between the read and the locks, and its owner is not locked.
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
    // Deleted data was requested while this check ran without, so a deep one follows.
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
 * Ends a check that failed. An earlier verdict stays; without one the state is `failed`. If it was shallow and a deep one was requested
 * meanwhile, that is queued, as after a successful check.
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

/** Deletes the checks of contents that no store has any more, with their findings. Returns their number. */
export async function forgetChecks(): Promise<number> {
  return await db().$executeRaw`
    DELETE FROM "Check" c WHERE NOT EXISTS (SELECT FROM "Blob" b WHERE b.sha256 = c.sha256 AND b.state <> 'removing')`
}

/** Contents of available images without any check, such as those older than the checks. */
export async function findNeverChecked(): Promise<string[]> {
  const rows = await db().$queryRaw<{ sha256: string }[]>`
    SELECT DISTINCT i.sha256 FROM "Image" i JOIN "Blob" b ON b.id = i."blobId"
    WHERE i.state = 'available' AND b.state = 'ready' AND i.sha256 = b.sha256
      AND NOT EXISTS (SELECT FROM "Check" c WHERE c.sha256 = i.sha256) LIMIT 1000`
  return rows.map(({ sha256 }) => sha256)
}

const isGrave = ({ verdict, counts }: CheckReport) => verdict === 'findings' && counts.critical + counts.high > 0

/**
 * Locks the accounts of all owners who may be notified, before the check: recording events in the chains of several tenants requires
 * these locks.
 */
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
 * The images whose owners are notified of critical or high findings in their content: none if there were as many before, since a
 * repeated check is no news.
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
