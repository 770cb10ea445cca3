import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { Prisma } from '@/lib/db/generated/client'
import type { Transaction } from '@/lib/db/transaction'
import {
  type HostFacts,
  hostPatienceMs,
  type ImageNeeds,
  leastInstanceDiskGib,
  statesOnHost,
  type TypeFacts,
} from './rules'

/** Instances that take vCPU and memory of their host: those that are there, and those that it is just about to start. */
const onHost = Prisma.sql`(i.state = ANY(${[...statesOnHost]}::"InstanceState"[]) OR i.task IN ('START', 'REBUILD', 'RESTORE'))`

export type HostRow = HostFacts & { id: string }

/** The host that takes new instances, or the one of the id: what it is, whether it is alive, and what is taken of it. */
export async function findHost(tx: Transaction, id: string | null): Promise<HostRow | null> {
  const rows = await tx.$queryRaw<(Omit<HostRow, 'taken'> & { takenVcpus: number; takenMemoryMib: number })[]>`
    SELECT h.id, h.vcpus, h."memoryMib", h.accelerator, h."canUefi", h."isEmulationAllowed", h.problem,
      h."seenAt" > clock_timestamp() - ${hostPatienceMs} * interval '1 millisecond' AS "isAlive",
      coalesce(sum(t.vcpus), 0)::int AS "takenVcpus", coalesce(sum(t."memoryMib"), 0)::int AS "takenMemoryMib"
    FROM "MachineHost" h LEFT JOIN "Instance" i ON i."hostId" = h.id AND ${onHost}
      LEFT JOIN "InstanceType" t ON t.id = i."typeId"
    WHERE h.id = coalesce(${id}::text, (SELECT id FROM "MachineHost" ORDER BY "seenAt" DESC LIMIT 1)) GROUP BY h.id`
  const [row] = rows
  if (!row) return null
  const { takenVcpus, takenMemoryMib, ...host } = row
  return { ...host, taken: { vcpus: takenVcpus, memoryMib: takenMemoryMib } }
}

/** An instance type by its id, also a retired one. */
export async function findType(tx: Transaction, id: string): Promise<TypeFacts | null> {
  const type = await tx.instanceType.findUnique({ where: { id } })
  return type && { id: type.id, vcpus: type.vcpus, memoryMib: type.memoryMib, isRetired: type.retiredAt !== null }
}

/** What a machine gets of an image, and what the image asks of it. */
export type UsableImage = ImageNeeds & {
  owner: { id: string; username: string }
  operatingSystem: string
  bootMode: 'BIOS' | 'UEFI'
  virtualSize: number
}

/** An image that the viewer may make machines of, own or shared. Null where it may not, and as long as it has no bytes. */
export async function findUsableImage(tx: Transaction, ctx: Context, imageId: string): Promise<UsableImage | null> {
  const { ownerId } = ctx.viewer
  const image = await tx.image.findFirst({
    where: { id: imageId, OR: [{ ownerId }, { shares: { some: { recipientId: ownerId } } }] },
    select: {
      owner: { select: { id: true, username: true } },
      operatingSystem: true,
      bootMode: true,
      minDiskGib: true,
      minMemoryMib: true,
      virtualSize: true,
    },
  })
  if (!image) return null
  const { owner, operatingSystem, minMemoryMib } = image
  const virtualSize = Number(image.virtualSize)
  const minDiskGib = leastInstanceDiskGib({ minDiskGib: image.minDiskGib, virtualSize })
  // Where nobody knows how a disk starts, a BIOS is the older and the wider guess.
  return { owner, operatingSystem, minMemoryMib, minDiskGib, virtualSize, bootMode: image.bootMode ?? 'BIOS' }
}
