import { defineRead } from '@/lib/route'
import { listSnapshots } from '@/lib/snapshots/reads'
import { snapshotListParams } from '@/lib/snapshots/schema'

export const GET = defineRead(snapshotListParams, listSnapshots, { needs: 'instances.read' })
