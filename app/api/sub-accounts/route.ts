import { z } from 'zod'
import { listSubAccounts } from '@/lib/accounts/reads'
import { defineRead } from '@/lib/route'

export const GET = defineRead(z.object({}), listSubAccounts, { needs: 'subAccounts.manage' })
