import { getImage } from '@/lib/images/reads'
import { imageParams } from '@/lib/images/schema'
import { defineRead } from '@/lib/route'

export const GET = defineRead(imageParams, getImage)
