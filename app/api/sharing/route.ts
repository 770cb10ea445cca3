import { defineRead } from '@/lib/route'
import { listShares } from '@/lib/shares/reads-list'
import { shareListParams } from '@/lib/shares/schema-list'

export const GET = defineRead(shareListParams, listShares, { needs: 'images.read' })
