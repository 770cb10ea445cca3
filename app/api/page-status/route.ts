import { z } from 'zod'
import type { Context } from '@/lib/auth/viewer'
import { defineRead } from '@/lib/route'

// The status is in the answer's code: defineRead refuses a page of another account or build.
const getPageStatus = async ({ viewer }: Context) => ({ username: viewer.username })

export const GET = defineRead(z.object({}), getPageStatus, { needs: 'signed-in' })
