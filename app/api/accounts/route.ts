import { lookUpParams } from '@/lib/accounts/schema'
import { lookUpRecipient } from '@/lib/accounts/writes-look-up'
import { defineRead } from '@/lib/route'

export const GET = defineRead(lookUpParams, lookUpRecipient, { needs: 'shares.give' })
