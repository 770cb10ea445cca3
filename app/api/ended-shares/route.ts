import { defineRead } from '@/lib/route'
import { listEndedShares } from '@/lib/shares/reads-ended'
import { endedSharesParams } from '@/lib/shares/schema'

export const GET = defineRead(endedSharesParams, listEndedShares, { needs: 'images.read' })
