'use server'

import { defineAction } from '@/lib/action'
import { choicesInput, markReadInput } from './schema'
import { chooseNotices, markNoticesRead } from './writes'

export const markNoticesReadAction = defineAction(markReadInput, markNoticesRead, { needs: 'signed-in' })
export const chooseNoticesAction = defineAction(choicesInput, chooseNotices, { needs: 'signed-in' })
