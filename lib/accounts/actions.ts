'use server'

import { defineAction } from '@/lib/action'
import { changePasswordInput, setIncomingInput } from './schema'
import { changePassword } from './writes'
import { setIncoming } from './writes-incoming'

export const changePasswordAction = defineAction(changePasswordInput, changePassword, { needs: 'signed-in' })
export const setIncomingAction = defineAction(setIncomingInput, setIncoming, { needs: 'shares.receive' })
