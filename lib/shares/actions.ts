'use server'

import { defineAction } from '@/lib/action'
import { cancelShareInput, markSharesSeenInput, shareImageInput } from './schema'
import { cancelShare, markSharesSeen, shareImage } from './writes'

export const shareImageAction = defineAction(shareImageInput, shareImage)
export const cancelShareAction = defineAction(cancelShareInput, cancelShare, { freesSpace: true })
export const markSharesSeenAction = defineAction(markSharesSeenInput, markSharesSeen)
