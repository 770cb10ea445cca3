import { z } from 'zod'
import { listQuotas } from '@/lib/accounts/reads'
import { defineRead } from '@/lib/route'

export const GET = defineRead(z.object({}), (ctx) => listQuotas(ctx.viewer.ownerId))
