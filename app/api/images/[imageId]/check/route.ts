import { getImageCheck } from '@/lib/checks/reads'
import { checkParams } from '@/lib/checks/schema'
import { defineRead } from '@/lib/route'

export const GET = defineRead(checkParams, getImageCheck, { needs: 'images.read' })
