'use server'

import { defineAction } from '@/lib/action'
import { changePasswordInput } from './schema'
import { changePassword } from './writes'

export const changePasswordAction = defineAction(changePasswordInput, changePassword, { needs: 'signed-in' })
