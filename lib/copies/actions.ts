'use server'

import { defineAction } from '@/lib/action'
import type { Need } from '@/lib/permissions'
import { transferInput } from '@/lib/transfers/schema'
import { type CopyImageInput, copyImageInput } from './schema'
import { beginCopy, retryCopy } from './writes'

// A copy makes the bytes downloadable in another region, so it needs the permission to download.
const copyNeeds = ({ region, targetRegion }: CopyImageInput): Need[] => [
  { permission: 'images.download', region },
  { permission: 'images.change', region: targetRegion },
]

export const copyImageAction = defineAction(copyImageInput, beginCopy, { needs: copyNeeds })
export const retryCopyAction = defineAction(transferInput, retryCopy, { needs: 'images.change' })
