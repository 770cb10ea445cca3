'use server'

import { defineAction } from '@/lib/action'
import { cancelImportInput } from './schema'
import { cancelImport } from './writes'

export const cancelImportAction = defineAction(cancelImportInput, cancelImport)
