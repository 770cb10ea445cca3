import { z } from 'zod'
import { listQuotas } from '@/lib/accounts/reads'
import type { Context } from '@/lib/auth/viewer'
import { defineRead } from '@/lib/route'

const listOwnQuotas = (ctx: Context) => listQuotas(ctx.viewer.ownerId)

export const GET = defineRead(z.object({}), listOwnQuotas)
