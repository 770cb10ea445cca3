import { defineDownload } from '@/lib/download'
import { getImageContent } from '@/lib/images/reads'
import { imageParams } from '@/lib/images/schema'

export const GET = defineDownload(imageParams, getImageContent, { needs: 'images.download' })
