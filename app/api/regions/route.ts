import { z } from 'zod'
import { listRegionContents } from '@/lib/regions/reads'
import { defineRead } from '@/lib/route'

export const GET = defineRead(z.object({}), listRegionContents, { needs: 'signed-in' })
