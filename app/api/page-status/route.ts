import { z } from 'zod'
import type { Context } from '@/lib/auth/viewer'
import { defineRead } from '@/lib/route'

// How a page stands with the console is said by whether it may read anything at all.
const getPageStatus = async ({ viewer }: Context) => ({ username: viewer.username })

export const GET = defineRead(z.object({}), getPageStatus)
