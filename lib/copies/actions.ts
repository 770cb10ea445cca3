'use server'

import { defineAction } from '@/lib/action'
import { copyImageInput, copyInput } from './schema'
import { beginCopy, cancelCopy, retryCopy } from './writes'

export const copyImageAction = defineAction(copyImageInput, beginCopy)
export const cancelCopyAction = defineAction(copyInput, cancelCopy)
export const retryCopyAction = defineAction(copyInput, retryCopy)
