'use server'

import { defineAction } from '@/lib/action'
import { countFindingInput, ignoreFindingInput, requestCheckInput } from './schema'
import { countFinding, ignoreFinding, requestCheck } from './writes'

export const requestCheckAction = defineAction(requestCheckInput, requestCheck, { needs: 'images.change' })
export const ignoreFindingAction = defineAction(ignoreFindingInput, ignoreFinding, { needs: 'images.change' })
export const countFindingAction = defineAction(countFindingInput, countFinding, { needs: 'images.change' })
