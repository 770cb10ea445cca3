'use server'

import { defineAction } from '@/lib/action'
import { changePasswordInput, setIncomingInput } from './schema'
import { changePassword } from './writes'
import { setIncoming } from './writes-incoming'

export const changePasswordAction = defineAction(changePasswordInput, changePassword, { needs: 'signed-in' })
export const setIncomingAction = defineAction(setIncomingInput, setIncoming, {
  // The settings are those of the whole tenant.
  needs: () => [{ permission: 'shares.receive', region: null, isEverywhere: true }],
})
