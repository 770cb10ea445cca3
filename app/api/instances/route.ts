import { listInstances } from '@/lib/instances/reads'
import { instanceListParams } from '@/lib/instances/schema'
import { defineRead } from '@/lib/route'

export const GET = defineRead(instanceListParams, listInstances, {
  needs: 'instances.read',
  absent: 'INSTANCE_NOT_FOUND',
})
