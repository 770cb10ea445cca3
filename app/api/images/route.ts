import { listCustomImages } from '@/lib/images/reads'
import { customImageParams } from '@/lib/images/schema'
import { defineRead } from '@/lib/route'

export const GET = defineRead(customImageParams, listCustomImages, { needs: 'images.read' })
