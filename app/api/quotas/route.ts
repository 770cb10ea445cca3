import { z } from 'zod'
import type { Context } from '@/lib/auth/viewer'
import { listQuotas } from '@/lib/quotas/reads'
import { defineRead } from '@/lib/route'

const listOwnQuotas = (ctx: Context) => listQuotas(ctx.viewer.ownerId)

export const GET = defineRead(z.object({}), listOwnQuotas, { needs: 'signed-in' })
