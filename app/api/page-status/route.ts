import { z } from 'zod'
import type { Context } from '@/lib/auth/viewer'
import { defineRead } from '@/lib/route'

// The page status is whether the page may read at all.
const getPageStatus = async ({ viewer }: Context) => ({ username: viewer.username })

export const GET = defineRead(z.object({}), getPageStatus, { needs: 'signed-in' })
