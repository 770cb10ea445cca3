import type { QuotaFacts, QuotaFullCode, RefusalOf } from '@/lib/result'

/**
 * Rows that count against a quota: each is one piece, or has `bytes`. A use that counts for two resources is the same object in
 * both, so that it is read once. Tables have `id`, `regionId`, `createdAt`.
 */
export type Use = { table: string; account: string; counts: string; bytes?: string }

export type ResourceRow = {
  default: number
  max: number
  unit: 'pieces' | 'bytes'
  full: QuotaFullCode
  uses: readonly Use[]
  recorded: { quota: string; used: string }
  /** The migration that added the quota, if older rows count against it. */
  since?: string
}

const keptImages: Use = {
  table: 'Image',
  account: 'ownerId',
  counts: `x.state <> 'failed'`,
  // `available` first, because this is evaluated for each row and nearly all are available.
  bytes: `CASE WHEN x.state = 'available' THEN x.size WHEN x.state IN ('importing', 'copying')
    THEN (SELECT t."promisedBytes" FROM "Transfer" t WHERE t."imageId" = x.id) ELSE x.size END`,
}
const keptSnapshots: Use = {
  table: 'Snapshot',
  account: 'ownerId',
  counts: `x.state <> 'failed'`,
  bytes: `CASE WHEN x.state = 'creating' THEN x."promisedBytes" ELSE x.size END`,
}

/** The resources with a quota, by their name in `Quota.resource`. */
export const resources = {
  /** Rule 3: own images in every state but failed, and accepted shares of images. */
  images: {
    default: 50,
    max: 1_000_000,
    unit: 'pieces',
    full: 'IMAGE_QUOTA_FULL',
    uses: [keptImages, { table: 'HeldShare', account: 'recipientId', counts: 'true' }],
    recorded: { quota: 'quota', used: 'used' },
  },
  /** Rule 13: bytes count where they are kept: own images and snapshots, or the reservation while they are transferred. */
  bytes: {
    default: 200 * 2 ** 30,
    /** 1 PiB, more than any store has. */
    max: 2 ** 50,
    unit: 'bytes',
    full: 'BYTES_QUOTA_FULL',
    uses: [keptImages, keptSnapshots],
    recorded: { quota: 'bytes', used: 'bytesUsed' },
    since: '20261126214733_space',
  },
  /** Rule 19: an instance, even a failed one, keeps its place until it is terminated. */
  instances: {
    default: 10,
    max: 100_000,
    unit: 'pieces',
    full: 'INSTANCE_QUOTA_FULL',
    uses: [{ table: 'Instance', account: 'ownerId', counts: `x.state <> 'terminated'` }],
    recorded: { quota: 'instances', used: 'instancesUsed' },
  },
  snapshots: {
    default: 64,
    max: 1_000_000,
    unit: 'pieces',
    full: 'SNAPSHOT_QUOTA_FULL',
    uses: [keptSnapshots],
    recorded: { quota: 'snapshots', used: 'snapshotsUsed' },
  },
} as const satisfies Record<string, ResourceRow>

export type Resource = keyof typeof resources

/** Whether a quota has this name. */
export function isResource(name: string): name is Resource {
  return Object.hasOwn(resources, name)
}

/** All resources in display order. A separate list, so that pages that only need names do not load the rest. */
export const resourceNames = ['images', 'bytes', 'instances', 'snapshots'] as const satisfies readonly Resource[]

/** The request must fit beside the use, which excludes it. An account above a lowered quota gets nothing more. */
export function refuseQuota<Code extends QuotaFullCode>(
  resource: { full: Code },
  facts: QuotaFacts,
): ({ code: Code } & QuotaFacts) | null {
  return facts.used + facts.asked > facts.quota ? { code: resource.full, ...facts } : null
}

/** Rule 13: bytes are reserved in a place only if they fit beside its reserve and all existing reservations. */
export function refuseRoom(facts: {
  free: number
  promised: number
  asked: number
  region: string
}): RefusalOf<'STORE_FULL'> | null {
  return facts.promised + facts.asked > facts.free ? { code: 'STORE_FULL', region: facts.region } : null
}

/** A quota below the use removes nothing, so the operator must force it. */
export function refuseQuotaChange(
  resource: Resource,
  { used, quota, forced }: { used: number; quota: number; forced: boolean },
): RefusalOf<'QUOTA_BELOW_USE' | 'BYTES_QUOTA_BELOW_USE'> | null {
  if (quota >= used || forced) return null
  if (resources[resource].unit === 'bytes') return { code: 'BYTES_QUOTA_BELOW_USE', used }
  return { code: 'QUOTA_BELOW_USE', resource, used }
}
