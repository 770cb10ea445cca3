'use server'

import { defineAction } from '@/lib/action'
import { cancelShareInput, markSharesSeenInput, shareImageInput } from './schema'
import { cancelSharesInput } from './schema-list'
import { cancelShare, markSharesSeen, shareImage } from './writes'
import { cancelShares } from './writes-cancel'

export const shareImageAction = defineAction(shareImageInput, shareImage, { needs: 'shares.give' })
export const cancelShareAction = defineAction(cancelShareInput, cancelShare, { needs: 'signed-in', freesSpace: true })
export const cancelSharesAction = defineAction(cancelSharesInput, cancelShares, {
  needs: 'signed-in',
  freesSpace: true,
})
export const markSharesSeenAction = defineAction(markSharesSeenInput, markSharesSeen, { needs: 'images.read' })
