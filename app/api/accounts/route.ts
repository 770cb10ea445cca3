import { lookUpParams } from '@/lib/accounts/schema'
import { lookUpRecipient as lookUp } from '@/lib/accounts/writes-look-up'
import { noteRefusal } from '@/lib/audit/writes-refused'
import { defineRead } from '@/lib/route'

export const GET = defineRead(
  lookUpParams,
  async function lookUpRecipient(ctx, params) {
    const answer = await lookUp(ctx, params)
    const used = { operation: 'lookUpRecipient', code: 'LOOKUPS_USED_UP' }
    if (answer.status === 'limited') await noteRefusal(ctx, used)
    return answer
  },
  { needs: 'shares.give' },
)
