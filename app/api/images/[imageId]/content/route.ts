import { getImageContent } from '@/lib/blobs/reads'
import { defineDownload } from '@/lib/download'
import { imageParams } from '@/lib/images/schema'

export const GET = defineDownload(imageParams, getImageContent)
