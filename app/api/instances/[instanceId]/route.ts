import { getInstance } from '@/lib/instances/reads'
import { instanceInput } from '@/lib/instances/schema'
import { defineRead } from '@/lib/route'

export const GET = defineRead(instanceInput, getInstance, { needs: 'instances.read', absent: 'INSTANCE_NOT_FOUND' })
