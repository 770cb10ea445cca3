import { getImage } from '@/lib/images/reads'
import { imagePageParams } from '@/lib/images/schema'
import { defineRead } from '@/lib/route'

export const GET = defineRead(imagePageParams, getImage, { needs: 'images.read' })
