import { defineRead } from '@/lib/route'
import { getImageShares } from '@/lib/shares/reads'
import { imageSharesParams } from '@/lib/shares/schema'

export const GET = defineRead(imageSharesParams, getImageShares, { needs: 'images.read' })
