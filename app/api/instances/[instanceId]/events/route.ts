import { listInstanceEvents } from '@/lib/instances/reads'
import { instanceHistoryParams } from '@/lib/instances/schema'
import { defineRead } from '@/lib/route'

export const GET = defineRead(instanceHistoryParams, listInstanceEvents, {
  needs: 'instances.read',
  absent: 'INSTANCE_NOT_FOUND',
})
