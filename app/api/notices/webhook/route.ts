import { getWebhook } from '@/lib/notices/reads'
import { unreadParams } from '@/lib/notices/schema'
import { defineRead } from '@/lib/route'

export const GET = defineRead(unreadParams, getWebhook, { needs: 'signed-in' })
