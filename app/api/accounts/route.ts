import { lookUpRecipient } from '@/lib/accounts/writes'
import { defineRead } from '@/lib/route'
import { lookUpParams } from '@/lib/shares/schema'

export const GET = defineRead(lookUpParams, lookUpRecipient)
