'use server'

import { defineAction } from '@/lib/action'
import { changePasswordInput, setIncomingInput } from './schema'
import { attachPoliciesInput, createSubAccountInput, resetPasswordInput, subAccountInput } from './schema-sub-accounts'
import { changePassword } from './writes'
import { setIncoming } from './writes-incoming'
import {
  attachSubAccountPolicies,
  createSubAccount,
  disableSubAccount,
  enableSubAccount,
  resetSubAccountPassword,
} from './writes-sub-accounts'

export const changePasswordAction = defineAction(changePasswordInput, changePassword, { needs: 'signed-in' })
export const setIncomingAction = defineAction(setIncomingInput, setIncoming, {
  // The setting applies to the whole tenant.
  needs: () => [{ permission: 'shares.receive', region: null, isEverywhere: true }],
})

const ofMaster = { needs: 'subAccounts.manage' } as const

export const createSubAccountAction = defineAction(createSubAccountInput, createSubAccount, ofMaster)
export const disableSubAccountAction = defineAction(subAccountInput, disableSubAccount, ofMaster)
export const enableSubAccountAction = defineAction(subAccountInput, enableSubAccount, ofMaster)
export const resetSubAccountPasswordAction = defineAction(resetPasswordInput, resetSubAccountPassword, ofMaster)
export const attachSubAccountPoliciesAction = defineAction(attachPoliciesInput, attachSubAccountPolicies, ofMaster)
