'use server'

import { defineAction } from '@/lib/action'
import {
  changeInstanceTypeInput,
  createInstancesInput,
  instanceInput,
  protectInstanceInput,
  renameInstanceInput,
  restoreInstanceInput,
  terminateInstanceInput,
} from './schema'
import { createInstances } from './writes'
import {
  changeInstanceType,
  forceStopInstance,
  protectInstance,
  rebuildInstance,
  renameInstance,
  restartInstance,
  restoreInstance,
  startInstance,
  stopInstance,
  terminateInstance,
} from './writes-operate'

// Stopping and terminating free space, so they are possible in read-only mode.
export const createInstancesAction = defineAction(createInstancesInput, createInstances, { needs: 'instances.change' })
export const startInstanceAction = defineAction(instanceInput, startInstance, { needs: 'instances.change' })
export const stopInstanceAction = defineAction(instanceInput, stopInstance, {
  needs: 'instances.change',
  freesSpace: true,
})
export const forceStopInstanceAction = defineAction(instanceInput, forceStopInstance, {
  needs: 'instances.change',
  freesSpace: true,
})
export const restartInstanceAction = defineAction(instanceInput, restartInstance, { needs: 'instances.change' })
export const rebuildInstanceAction = defineAction(instanceInput, rebuildInstance, { needs: 'instances.change' })
export const restoreInstanceAction = defineAction(restoreInstanceInput, restoreInstance, { needs: 'instances.change' })
export const renameInstanceAction = defineAction(renameInstanceInput, renameInstance, { needs: 'instances.change' })
export const protectInstanceAction = defineAction(protectInstanceInput, protectInstance, { needs: 'instances.change' })
export const changeInstanceTypeAction = defineAction(changeInstanceTypeInput, changeInstanceType, {
  needs: 'instances.change',
})
export const terminateInstanceAction = defineAction(terminateInstanceInput, terminateInstance, {
  needs: 'instances.change',
  freesSpace: true,
})
