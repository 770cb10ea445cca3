'use server'

import { defineAction } from '@/lib/action'
import { countFindingInput, ignoreFindingInput, requestCheckInput } from './schema'
import { countFinding, ignoreFinding, requestCheck } from './writes'

export const requestCheckAction = defineAction(requestCheckInput, requestCheck)
export const ignoreFindingAction = defineAction(ignoreFindingInput, ignoreFinding)
export const countFindingAction = defineAction(countFindingInput, countFinding)
