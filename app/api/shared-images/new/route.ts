import { defineRead } from '@/lib/route'
import { countNewShares } from '@/lib/shares/reads'
import { newSharesParams } from '@/lib/shares/schema'

export const GET = defineRead(newSharesParams, countNewShares, { needs: 'images.read' })
