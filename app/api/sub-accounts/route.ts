import { z } from 'zod'
import { listSubAccounts } from '@/lib/accounts/reads'
import type { Context } from '@/lib/auth/viewer'
import { defineRead } from '@/lib/route'

const listOwn = (ctx: Context) => listSubAccounts(ctx)

export const GET = defineRead(z.object({}), listOwn, { needs: 'subAccounts.manage' })
