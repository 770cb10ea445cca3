import { listUnfinishedUploads } from '@/lib/imports/reads'
import { unfinishedUploadsParams } from '@/lib/imports/schema'
import { defineRead } from '@/lib/route'

export const GET = defineRead(unfinishedUploadsParams, listUnfinishedUploads, { needs: 'images.read' })
