'use server'

import { defineAction } from '@/lib/action'
import { transferInput } from './schema'
import { cancelTransfer } from './writes'

export const cancelTransferAction = defineAction(transferInput, cancelTransfer, {
  needs: 'images.change',
  freesSpace: true,
})
