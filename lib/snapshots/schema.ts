import { z } from 'zod'
import { cursor, freeText, imageId, instanceId, pageSize, regionId, searchText, snapshotId } from '@/lib/fields'
import { descriptionMax } from '@/lib/images/rules'
import { imageName } from '@/lib/images/schema'
import type { PageRange } from '@/lib/pages'
import type { Meter } from '@/lib/quotas/schema'
import { isSnapshotFailureCode, type SnapshotFailureCode, type SnapshotStateName, snapshotStates } from './rules'

const snapshotName = imageName

export const createSnapshotInput = z.object({
  region: regionId,
  instanceId,
  name: snapshotName,
  description: freeText(descriptionMax).default(''),
})
export type CreateSnapshotInput = z.infer<typeof createSnapshotInput>

/** Creates an image of an instance: a snapshot first, and its image once that is available. */
export const createInstanceImageInput = z.object({ region: regionId, instanceId, name: imageName })
export type CreateInstanceImageInput = z.infer<typeof createInstanceImageInput>

export const snapshotInput = z.object({ region: regionId, snapshotId })
export type SnapshotInput = z.infer<typeof snapshotInput>

export const createSnapshotImageInput = snapshotInput.extend({ name: imageName })
export type CreateSnapshotImageInput = z.infer<typeof createSnapshotImageInput>

export const createdSnapshot = z.object({ region: regionId, snapshotId })
export type CreatedSnapshot = z.infer<typeof createdSnapshot>
export const createdImage = z.object({ region: regionId, imageId })
export type CreatedImage = z.infer<typeof createdImage>

const snapshotSorts = ['name', '-name', 'createdAt', '-createdAt'] as const

/** Parameters of the Snapshots list, from its URL. With an instance it is that instance's tab. */
export const snapshotListParams = z.object({
  region: regionId.catch(''),
  instanceId: instanceId.optional().catch(undefined),
  q: searchText(128).catch(''),
  state: z.enum(snapshotStates).optional().catch(undefined),
  sort: z.enum(snapshotSorts).catch('-createdAt'),
  size: pageSize,
  after: cursor,
  before: cursor,
})
export type SnapshotListParams = z.infer<typeof snapshotListParams>

export const snapshotFailure = z
  .object({ code: z.string() })
  .transform(({ code }): { code: SnapshotFailureCode | 'UNKNOWN' } => ({
    code: isSnapshotFailureCode(code) ? code : 'UNKNOWN',
  }))

export type SnapshotItem = {
  id: string
  name: string
  description: string
  state: SnapshotStateName
  failure: { code: SnapshotFailureCode | 'UNKNOWN' } | null
  instance: { id: string; name: string; isThere: boolean }
  operatingSystem: string
  virtualSize: number
  size: number
  doneBytes: number
  totalBytes: number
  /** SETTLED: the guest flushed its file systems first. Null until it is available. */
  consistency: 'SETTLED' | 'POWER_CUT' | null
  createdAt: string
}

export type SnapshotList = {
  items: SnapshotItem[]
  range: PageRange
  next: string | null
  prev: string | null
  quota: Meter
}
