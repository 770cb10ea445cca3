import { listBinInstances } from '@/lib/instances/reads'
import { binParams } from '@/lib/instances/schema'
import { defineRead } from '@/lib/route'

export const GET = defineRead(binParams, listBinInstances, { needs: 'images.read' })
