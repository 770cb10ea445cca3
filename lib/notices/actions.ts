'use server'

import { defineAction } from '@/lib/action'
import { choicesInput, markReadInput } from './schema'
import { chooseNotices, markNoticesRead } from './writes'

export const markNoticesReadAction = defineAction(markReadInput, markNoticesRead)
export const chooseNoticesAction = defineAction(choicesInput, chooseNotices)
