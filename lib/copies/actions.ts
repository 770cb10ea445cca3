'use server'

import { defineAction } from '@/lib/action'
import { transferInput } from '@/lib/transfers/schema'
import { copyImageInput } from './schema'
import { beginCopy, retryCopy } from './writes'

export const copyImageAction = defineAction(copyImageInput, beginCopy)
export const retryCopyAction = defineAction(transferInput, retryCopy)
