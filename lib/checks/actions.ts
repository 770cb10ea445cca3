'use server'

import { defineAction } from '@/lib/action'
import { ok } from '@/lib/result'
import { checkParams, countFindingInput, ignoreFindingInput, requestCheckInput } from './schema'
import { countFinding, ignoreFinding, requestCheck } from './writes'

/** Changes nothing: submitting it renders the page of the check again. */
const showCheck = async () => ok(null)

export const requestCheckAction = defineAction(requestCheckInput, requestCheck, {
  needs: 'images.change',
  refreshesPage: true,
})
export const ignoreFindingAction = defineAction(ignoreFindingInput, ignoreFinding, {
  needs: 'images.change',
  refreshesPage: true,
})
export const countFindingAction = defineAction(countFindingInput, countFinding, {
  needs: 'images.change',
  refreshesPage: true,
})
export const showCheckAction = defineAction(checkParams, showCheck, {
  needs: 'images.read',
  freesSpace: true,
  refreshesPage: true,
})
