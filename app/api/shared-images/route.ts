import { defineRead } from '@/lib/route'
import { listSharedImages } from '@/lib/shares/reads'
import { sharedImageParams } from '@/lib/shares/schema'

export const GET = defineRead(sharedImageParams, listSharedImages, { needs: 'images.read' })
