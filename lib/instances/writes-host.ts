import 'server-only'
import { systemContext } from '@/lib/auth/viewer'
import { blobKey } from '@/lib/blobs/rules'
import { releaseBytes } from '@/lib/blobs/writes'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import type { EventAction } from '@/lib/events/rules'
import { recordEvents } from '@/lib/events/writes'
import { ok } from '@/lib/result'
import { type InstanceStateName, type InstanceTaskName, statesOnHost } from './rules'
import type { InstanceReason } from './schema'

// The reads and writes of the process that owns the machines of a host. It reports what has happened; tenants' operations record what
// should happen.

export type HostReport = {
  id: string
  vcpus: number
  memoryMib: number
  accelerator: string | null
  canUefi: boolean
  isEmulationAllowed: boolean
  version: string
  problem: string | null
  cachedBytes: number
  /** The name of the network that instances are connected to; null without one. */
  network: string | null
  networkProblem: string | null
}

/** Records a host's capacity and, by the database's clock, that it is alive. */
export async function reportHost(report: HostReport): Promise<void> {
  const { id, ...facts } = report
  // A new host is not alive until the next statement says so.
  const create = { id, ...facts, seenAt: new Date(0) }
  await db().machineHost.upsert({ where: { id }, create, update: facts })
  await db().$executeRaw`UPDATE "MachineHost" SET "seenAt" = clock_timestamp() WHERE id = ${id}`
}

export type HostedInstance = {
  id: string
  revision: number
  name: string
  regionId: string
  owner: { id: string; username: string }
  state: InstanceStateName
  reason: unknown
  task: InstanceTaskName | null
  typeId: string
  shape: { vcpus: number; memoryMib: number }
  build: string
  startedBuild: string | null
  hasCard: boolean | null
  diskBytes: number
  bootMode: 'BIOS' | 'UEFI'
  login: { hostName: string | null; sshKey: string | null; userData: string | null }
  blobId: string | null
  base: { key: string; sha256: string; size: number; format: string; virtualSize: number } | null
}

const hosted = {
  id: true,
  revision: true,
  name: true,
  regionId: true,
  owner: { select: { id: true, username: true } },
  state: true,
  reason: true,
  task: true,
  typeId: true,
  type: { select: { vcpus: true, memoryMib: true } },
  build: true,
  startedBuild: true,
  hasCard: true,
  diskBytes: true,
  bootMode: true,
  hostName: true,
  sshKey: true,
  userData: true,
  blobId: true,
  blob: { select: { id: true, sha256: true, size: true, format: true, virtualSize: true } },
} as const

/** The instances of a host with a task, or in a state that may change by itself. */
export async function listHosted(hostId: string): Promise<HostedInstance[]> {
  const rows = await db().instance.findMany({
    where: { hostId, OR: [{ task: { not: null } }, { state: { in: [...statesOnHost, 'terminating'] } }] },
    select: hosted,
  })
  return rows.map(toHosted)
}

/** The instances of a host that are neither terminated nor terminating. */
export async function listKept(hostId: string): Promise<HostedInstance[]> {
  const rows = await db().instance.findMany({
    where: { hostId, state: { notIn: ['terminating', 'terminated'] } },
    select: hosted,
  })
  return rows.map(toHosted)
}

function toHosted(found: Prisma.InstanceGetPayload<{ select: typeof hosted }>): HostedInstance {
  const { type, blob, diskBytes, hostName, sshKey, userData, ...row } = found
  return {
    ...row,
    shape: type,
    diskBytes: Number(diskBytes),
    login: { hostName, sshKey, userData },
    base: blob && {
      key: blobKey(blob),
      sha256: blob.sha256,
      size: Number(blob.size),
      format: blob.format,
      virtualSize: Number(blob.virtualSize),
    },
  }
}

/** Records that the disk of this build was started. Call it before the guest can write to it. */
export async function noteStart({ id, build }: HostedInstance): Promise<void> {
  await db().instance.updateMany({ where: { id, build }, data: { startedBuild: build } })
}

/** Records whether an instance's last start included a network card. */
export async function noteCard({ id }: HostedInstance, hasCard: boolean): Promise<void> {
  await db().instance.update({ where: { id }, data: { hasCard } })
}

/** Of these instance ids, the terminated ones, whose files can be removed. */
export async function findEnded(ids: string[]): Promise<string[]> {
  const rows = await db().instance.findMany({
    where: { id: { in: ids }, state: 'terminated' },
    select: { id: true },
  })
  return rows.map(({ id }) => id)
}

/** The blobs that instances of a host are built on. */
export async function listBases(hostId: string): Promise<{ regionId: string; key: string }[]> {
  const rows = await db().instance.findMany({
    where: { hostId, NOT: { state: 'terminated' } },
    select: { regionId: true, blob: { select: { id: true, sha256: true } } },
  })
  return rows.flatMap(({ regionId, blob }) => (blob ? [{ regionId, key: blobKey(blob) }] : []))
}

export type Outcome = { state: InstanceStateName; reason: InstanceReason | null }

/** The event of a state change that nobody requested, or that completes a request. */
function eventOf({ state }: Outcome, task: InstanceTaskName | null): EventAction | null {
  if (state === 'running' && task !== 'RESTART') return 'instance.run'
  if (state === 'failed') return 'instance.fail'
  return state === 'stopped' ? 'instance.end' : null
}

/** Stores the outcome of a task and ends it. Returns false, writing nothing, if another request was made meanwhile. */
export async function noteOutcome(instance: HostedInstance, outcome: Outcome, now: Date): Promise<boolean> {
  const { id, revision, task } = instance
  const written = await inTransaction(async (tx) => {
    const { count } = await tx.instance.updateMany({
      where: { id, revision, NOT: { state: 'terminated' } },
      data: {
        ...{ state: outcome.state, task: null, taskSince: null, updatedAt: now },
        reason: outcome.reason ?? Prisma.DbNull,
      },
    })
    const action = count === 0 ? null : eventOf(outcome, task)
    if (action) {
      const details = outcome.reason ? { reason: outcome.reason.code } : {}
      await recordEvents(tx, systemContext(instance.owner, now), [
        { action, regionId: instance.regionId, instance, details },
      ])
    }
    return ok(count > 0)
  })
  return written.ok && written.value
}

export type NotedRun = { from: Date; to: Date; isOpen: boolean }

/** Records when an instance ran. Recorded time stays, a run unknown to its host is closed, and an open one is updated each minute. */
export async function noteRuns({ id, typeId }: HostedInstance, runs: NotedRun[]): Promise<void> {
  await db().$executeRaw`
    WITH seen AS (
      SELECT "from", "to", "isOpen" FROM jsonb_to_recordset(${JSON.stringify(runs)}::jsonb)
        AS run("from" timestamptz(3), "to" timestamptz(3), "isOpen" boolean)
    ), over AS (
      UPDATE "InstanceRun" SET "isOpen" = false WHERE "instanceId" = ${id} AND "isOpen"
        AND NOT EXISTS (SELECT 1 FROM seen WHERE seen."from" = "InstanceRun"."from")
    )
    INSERT INTO "InstanceRun" ("instanceId", "from", "to", "isOpen", "typeId")
    SELECT ${id}, "from", "to", "isOpen", ${typeId} FROM seen
    ON CONFLICT ("instanceId", "from") DO UPDATE SET "to" = greatest("InstanceRun"."to", excluded."to"), "isOpen" = excluded."isOpen"
    WHERE "InstanceRun"."isOpen" <> excluded."isOpen" OR "InstanceRun"."to" < excluded."to" - interval '1 minute'
      OR date_trunc('hour', "InstanceRun"."to") < date_trunc('hour', excluded."to")`
}

/** Terminates an instance that has nothing left on its host, and releases its bytes. */
export async function endInstance(instance: HostedInstance, now: Date): Promise<void> {
  await inTransaction(async (tx: Transaction) => {
    const { id, blobId, regionId } = instance
    await tx.instanceRun.updateMany({ where: { instanceId: id, isOpen: true }, data: { isOpen: false } })
    const { count } = await tx.instance.updateMany({
      where: { id, task: 'TERMINATE' },
      data: {
        ...{ state: 'terminated', task: null, taskSince: null, terminatedAt: now, updatedAt: now, blobId: null },
        // No longer needed, and may contain secrets.
        ...{ sshKey: null, userData: null, reason: Prisma.DbNull },
      },
    })
    if (count > 0 && blobId !== null) await releaseBytes(tx, { blobId, regionId }, now)
    return ok(null)
  })
}
