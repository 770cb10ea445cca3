import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { type Counts, countColumns, rangeOf } from '@/lib/db/count'
import { Prisma } from '@/lib/db/generated/client'
import { keyset, likePattern, type SortColumn } from '@/lib/db/page'
import { plannedEachTime } from '@/lib/db/statement-names'
import type { Transaction } from '@/lib/db/transaction'
import { listEvents } from '@/lib/events/reads'
import type { EventPage } from '@/lib/events/schema'
import { type DeprecationRow, deprecationColumns } from '@/lib/images/reads-deprecation'
import { imageCan } from '@/lib/images/rules'
import { selectPrice } from '@/lib/instance-types/reads'
import { macOf } from '@/lib/machines/mac'
import { quotaOf, usedOf } from '@/lib/quotas/reads'
import { resources } from '@/lib/quotas/rules'
import type { Meter } from '@/lib/quotas/schema'
import {
  type HostFacts,
  type HostView,
  hostPatienceMs,
  type ImageNeeds,
  type InstanceStateName,
  type InstanceTaskName,
  leastInstanceDiskGib,
  statesOfQuota,
  statesOnHost,
  type TypeFacts,
  terminatedKeptMs,
} from './rules'
import {
  type BinParams,
  type ImageInstances,
  type InstanceDetails,
  type InstanceHistoryParams,
  type InstanceInput,
  type InstanceItem,
  type InstanceList,
  type InstanceListParams,
  type InstanceRoom,
  instanceReason,
} from './schema'

/** Instances that use vCPU and memory of their host, including those about to start. */
const onHost = Prisma.sql`(i.state = ANY(${[...statesOnHost]}::"InstanceState"[]) OR i.task IN ('START', 'REBUILD', 'RESTORE'))`

export type HostRow = HostFacts & { id: string; cachedBytes: number; network: string | null }

type HostColumns = Omit<HostRow, 'taken'> & { takenVcpus: number; takenMemoryMib: number }

/** A SELECT of hosts: capacity, use, and whether each is alive. */
const selectHosts = (where: Prisma.Sql) => Prisma.sql`
  SELECT h.id, h.vcpus, h."memoryMib", h.accelerator, h."canUefi", h."isEmulationAllowed", h.problem, h.network, h."networkProblem",
    h."cachedBytes"::float8,
    h."seenAt" > clock_timestamp() - ${hostPatienceMs} * interval '1 millisecond' AS "isAlive",
    coalesce(sum(t.vcpus), 0)::int AS "takenVcpus", coalesce(sum(t."memoryMib"), 0)::int AS "takenMemoryMib"
  FROM "MachineHost" h LEFT JOIN "Instance" i ON i."hostId" = h.id AND ${onHost}
    LEFT JOIN "InstanceType" t ON t.id = i."typeId"
  ${where} GROUP BY h.id ORDER BY h.id`

function toHost({ takenVcpus, takenMemoryMib, ...host }: HostColumns): HostRow {
  return { ...host, taken: { vcpus: takenVcpus, memoryMib: takenMemoryMib } }
}

export async function findHost(tx: Transaction, id: string | null): Promise<HostRow | null> {
  const latest = Prisma.sql`(SELECT id FROM "MachineHost" ORDER BY "seenAt" DESC LIMIT 1)`
  const [row] = await tx.$queryRaw<HostColumns[]>(
    selectHosts(Prisma.sql`WHERE h.id = coalesce(${id}::text, ${latest})`),
  )
  return row ? toHost(row) : null
}

export async function listHosts(): Promise<HostRow[]> {
  return (await db().$queryRaw<HostColumns[]>(selectHosts(Prisma.empty))).map(toHost)
}

export async function findType(tx: Transaction, id: string): Promise<TypeFacts | null> {
  const type = await tx.instanceType.findUnique({ where: { id } })
  return type && { id: type.id, vcpus: type.vcpus, memoryMib: type.memoryMib, isRetired: type.retiredAt !== null }
}

export type UsableImage = ImageNeeds & {
  owner: { id: string; username: string }
  operatingSystem: string
  bootMode: 'BIOS' | 'UEFI'
  virtualSize: number
  deprecation: DeprecationRow
}

/** The image that instances are to be created from; null if it has no bytes, or the viewer may not use it. */
export async function findUsableImage(tx: Transaction, ctx: Context, imageId: string): Promise<UsableImage | null> {
  const { ownerId } = ctx.viewer
  const image = await tx.image.findFirst({
    where: { id: imageId, OR: [{ ownerId }, { heldShares: { some: { recipientId: ownerId } } }] },
    select: {
      owner: { select: { id: true, username: true } },
      ...deprecationColumns,
      operatingSystem: true,
      bootMode: true,
      minDiskGib: true,
      minMemoryMib: true,
      virtualSize: true,
    },
  })
  if (!image) return null
  const { owner, operatingSystem, minMemoryMib, deprecatedAt, retiresAt, replacementId } = image
  const deprecation = { ownerId: owner.id, deprecatedAt, retiresAt, replacementId }
  const virtualSize = Number(image.virtualSize)
  const minDiskGib = leastInstanceDiskGib({ minDiskGib: image.minDiskGib, virtualSize })
  // An unknown boot mode counts as BIOS, which is older and more common.
  const bootMode = image.bootMode ?? 'BIOS'
  return { owner, operatingSystem, minMemoryMib, minDiskGib, virtualSize, bootMode, deprecation }
}

type InstanceRow = Omit<
  InstanceItem,
  'image' | 'state' | 'task' | 'reason' | 'diskBytes' | 'createdAt' | 'terminatedAt'
> & {
  state: InstanceStateName
  task: InstanceTaskName | null
  reason: unknown
  imageId: string
  imageName: string
  imageOwner: string
  isShared: boolean
  diskBytes: bigint
  createdAt: Date
  terminatedAt: Date | null
}

const canRebuild = Prisma.sql`EXISTS (SELECT FROM "Image" m WHERE m.id = i."imageId" AND m.state = 'available'
  AND m."blobId" IS NOT NULL AND (m."ownerId" = i."ownerId"
    OR EXISTS (SELECT FROM "HeldShare" s WHERE s."imageId" = m.id AND s."recipientId" = i."ownerId")))`

const itemColumns = Prisma.sql`i.id, i.name, i.state::text AS state, i.task::text AS task, i.reason, i."imageId", i."imageName",
  i."imageOwnerName" AS "imageOwner", i."imageOwnerId" <> i."ownerId" AS "isShared", i."operatingSystem", i."typeId",
  t.vcpus, t."memoryMib", i."diskBytes", i."isProtected", i."createdAt", i."terminatedAt", ${canRebuild} AS "canRebuild"`

const ofType = Prisma.sql`FROM "Instance" i JOIN "InstanceType" t ON t.id = i."typeId"`

function sortBy(column: Prisma.Sql, type: Prisma.Sql, value: (row: InstanceRow) => string): SortColumn<InstanceRow> {
  return { column, type, idColumn: Prisma.sql`i.id`, value }
}

const byName = sortBy(Prisma.sql`i.name`, Prisma.sql`text`, (row) => row.name)
const byCreatedAt = sortBy(Prisma.sql`i."createdAt"`, Prisma.sql`timestamptz`, (row) => row.createdAt.toISOString())

const selectHost = Prisma.sql`(SELECT json_build_object('accelerator', accelerator, 'problem', problem,
    'isEmulationAllowed', "isEmulationAllowed", 'networkProblem', "networkProblem",
    'isAlive', "seenAt" > clock_timestamp() - ${hostPatienceMs} * interval '1 millisecond')
  FROM "MachineHost" ORDER BY "seenAt" DESC LIMIT 1)`

function meterOf({ viewer }: Context, region: string): Prisma.Sql {
  const counted = { account: Prisma.sql`${viewer.ownerId}`, region: Prisma.sql`${region}` }
  return Prisma.sql`json_build_object('used', ${usedOf('instances', counted)}, 'quota', ${quotaOf('instances', counted)})`
}

function isListed({ now }: Context): Prisma.Sql {
  return Prisma.sql`(i.state <> 'terminated' OR i."terminatedAt" > ${new Date(now.getTime() - terminatedKeptMs)})`
}

type Extras = Counts & { meter: Meter; host: HostView | null }

/** One page of the viewer's instances in a region, with the quota and the host. Terminated ones only on request. */
export async function listInstances(ctx: Context, list: InstanceListParams): Promise<InstanceList> {
  const { ownerId } = ctx.viewer
  const page = keyset(list.sort, list.sort.endsWith('name') ? byName : byCreatedAt, list, list.size)
  const search = list.q
    ? Prisma.sql`AND (i.name ILIKE ${likePattern(list.q)} OR ${list.q.toLowerCase()} IN (i.id, i."imageId"))`
    : Prisma.empty
  const state = list.state
    ? Prisma.sql`AND i.state = ${list.state}::"InstanceState"`
    : Prisma.sql`AND i.state <> 'terminated'`
  // Instances that are not terminated are filtered by state alone, which is indexed, so that counting reads no rows.
  const listed = list.state === 'terminated' ? Prisma.sql`AND ${isListed(ctx)}` : Prisma.empty
  const asked = Prisma.sql`WHERE i."ownerId" = ${ownerId} AND i."regionId" = ${list.region} ${listed} ${search} ${state}`
  const [rows, [extras]] = await Promise.all([
    db().$queryRaw<InstanceRow[]>`
      SELECT ${plannedEachTime} ${itemColumns} ${ofType} ${asked} ${page.where} ${page.tail}`,
    db().$queryRaw<Extras[]>`
      SELECT ${plannedEachTime} ${countColumns(Prisma.sql`FROM "Instance" i ${asked}`, page)}, ${selectHost} AS host,
        ${meterOf(ctx, list.region)} AS meter`,
  ])
  const shown = page.toPage(rows, (row) => row.id, toItem)
  return {
    ...shown,
    range: rangeOf(page, extras, shown.items.length),
    quota: extras?.meter ?? { used: 0, quota: resources.instances.default },
    host: extras?.host ?? null,
  }
}

export async function getInstanceRoom(ctx: Context, { region }: { region: string }): Promise<InstanceRoom> {
  const [room] = await db().$queryRaw<InstanceRoom[]>`
    SELECT ${plannedEachTime} ${selectHost} AS host, ${meterOf(ctx, region)} AS quota`
  if (!room) throw new Error('A statement without FROM of a table has one row.')
  return room
}

function toItem(row: InstanceRow): InstanceItem {
  const { imageId, imageName, imageOwner, isShared, ...rest } = row
  return {
    ...rest,
    image: { id: imageId, name: imageName, owner: imageOwner, isShared },
    reason: instanceReason.nullable().catch(null).parse(row.reason),
    diskBytes: Number(row.diskBytes),
    createdAt: row.createdAt.toISOString(),
    terminatedAt: row.terminatedAt?.toISOString() ?? null,
  }
}

type More = Omit<InstanceDetails, keyof InstanceItem | 'runsSince' | 'mac'>

/** An instance of the viewer in this region, also one terminated within the last 7 days. Null for any other. */
export async function getInstance(
  ctx: Context,
  { region, instanceId }: InstanceInput,
): Promise<InstanceDetails | null> {
  const [row] = await db().$queryRaw<(InstanceRow & More & { runsSince: Date | null; hasCard: boolean })[]>`
    SELECT ${itemColumns}, i."regionId" AS region, c.username AS "createdBy", i."bootMode"::text AS "bootMode", i."minMemoryMib",
      i."hostName",
      i."sshKey" IS NOT NULL AS "hasSshKey", i."userData" IS NOT NULL AS "hasUserData", h.accelerator,
      CASE WHEN i.state IN ('running', 'paused', 'stopping', 'unknown') THEN coalesce(i."hasCard", h.network IS NOT NULL)
        ELSE h.network IS NOT NULL END AS "hasCard",
      ${selectPrice(Prisma.sql`i."typeId"`, Prisma.sql`clock_timestamp()`)} AS amount,
      (SELECT max(r."from") FROM "InstanceRun" r WHERE r."instanceId" = i.id AND r."isOpen") AS "runsSince"
    ${ofType} JOIN "MachineHost" h ON h.id = i."hostId" JOIN "Account" c ON c.id = i."createdById"
    WHERE i.id = ${instanceId} AND i."ownerId" = ${ctx.viewer.ownerId} AND i."regionId" = ${region} AND ${isListed(ctx)}`
  if (!row) return null
  const { createdBy, bootMode, minMemoryMib, hostName, hasSshKey, hasUserData, accelerator, amount } = row
  const more: More = {
    region,
    createdBy,
    bootMode,
    minMemoryMib,
    hostName,
    hasSshKey,
    hasUserData,
    accelerator,
    amount,
  }
  const mac = row.hasCard ? macOf(row.id) : null
  return { ...toItem(row), ...more, mac, runsSince: row.runsSince?.toISOString() ?? null }
}

/** The events of the viewer's instance, newest first. Null if `getInstance` returns null. */
export async function listInstanceEvents(ctx: Context, params: InstanceHistoryParams): Promise<EventPage | null> {
  const isThere = await getInstance(ctx, params)
  return isThere && (await listEvents({ instanceId: params.instanceId }, params.before))
}

/** The master accounts with instances of an own image, the owner first. Empty for another tenant's image. */
export async function listImageInstances({ viewer }: Context, imageId: string): Promise<ImageInstances> {
  return await db().$queryRaw<ImageInstances>`
    SELECT min(a.username) AS username, count(*)::int AS instances
    FROM "Instance" i JOIN "Account" a ON a.id = i."ownerId"
    WHERE i."imageId" = ${imageId} AND i."imageOwnerId" = ${viewer.ownerId} AND i.state = ANY(${[...statesOfQuota]}::"InstanceState"[])
    GROUP BY i."ownerId" ORDER BY bool_or(i."ownerId" = i."imageOwnerId") DESC, 1`
}

/** The master accounts with instances of the own images in the recycle bin of a region, the owner first. */
export async function listBinInstances({ viewer }: Context, { region }: BinParams): Promise<ImageInstances> {
  return await db().$queryRaw<ImageInstances>`
    SELECT min(a.username) AS username, count(*)::int AS instances
    FROM "Image" m JOIN "Instance" i ON i."imageId" = m.id AND i."imageOwnerId" = m."ownerId" JOIN "Account" a ON a.id = i."ownerId"
    WHERE m."ownerId" = ${viewer.ownerId} AND m."regionId" = ${region} AND m.state = ANY(${[...imageCan.restore]}::"ImageState"[])
      AND i.state = ANY(${[...statesOfQuota]}::"InstanceState"[])
    GROUP BY i."ownerId" ORDER BY bool_or(i."ownerId" = i."imageOwnerId") DESC, 1`
}
