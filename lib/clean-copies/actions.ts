'use server'

import { defineAction } from '@/lib/action'
import { transferInput } from '@/lib/transfers/schema'
import { makeCleanCopyInput } from './schema'
import { beginCleanCopy, retryCleanCopy } from './writes'

export const makeCleanCopyAction = defineAction(makeCleanCopyInput, beginCleanCopy, { needs: 'images.change' })
export const retryCleanCopyAction = defineAction(transferInput, retryCleanCopy, { needs: 'images.change' })
