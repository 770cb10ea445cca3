'use server'

import { defineAction } from '@/lib/action'
import {
  cancelSharesInput,
  extendSharesInput,
  markSharesSeenInput,
  shareImageInput,
  shareImagesInput,
  shareInput,
} from './schema'
import { shareImage } from './writes'
import { acceptShare } from './writes-accept'
import { cancelShare, cancelShares, declineShare } from './writes-end'
import { extendShares } from './writes-extend'
import { shareImages } from './writes-many'
import { markSharesSeen } from './writes-seen'

export const shareImageAction = defineAction(shareImageInput, shareImage, { needs: 'shares.give' })
export const shareImagesAction = defineAction(shareImagesInput, shareImages, { needs: 'shares.give' })
export const cancelShareAction = defineAction(shareInput, cancelShare, { needs: 'signed-in', freesSpace: true })
export const cancelSharesAction = defineAction(cancelSharesInput, cancelShares, {
  needs: 'signed-in',
  freesSpace: true,
})
export const markSharesSeenAction = defineAction(markSharesSeenInput, markSharesSeen, { needs: 'images.read' })
export const acceptShareAction = defineAction(shareInput, acceptShare, { needs: 'signed-in' })
export const declineShareAction = defineAction(shareInput, declineShare, { needs: 'signed-in', freesSpace: true })
export const extendSharesAction = defineAction(extendSharesInput, extendShares, { needs: 'signed-in' })
