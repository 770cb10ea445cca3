import type { Route } from 'next'
import { paths } from '@/lib/paths'
import type { SnapshotListParams } from '@/lib/snapshots/schema'

type Change = { q?: string; state?: string | undefined; sort?: string; size?: number; after?: string; before?: string }

/** The URL of a region's or an instance's list of snapshots with some parameters changed. Drops the cursor. */
export function listHref({ region, instanceId, q, state, sort, size }: SnapshotListParams, change: Change): Route {
  const list = { q, state, sort, size, ...change }
  return instanceId ? paths.instanceSnapshots(region, instanceId, list) : paths.snapshots(region, list)
}
