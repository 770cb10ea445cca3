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

// Stopping and terminating instances is possible in read-only mode.
const freesSpace = { freesSpace: true }

export const createInstancesAction = defineAction(createInstancesInput, createInstances)
export const startInstanceAction = defineAction(instanceInput, startInstance)
export const stopInstanceAction = defineAction(instanceInput, stopInstance, freesSpace)
export const forceStopInstanceAction = defineAction(instanceInput, forceStopInstance, freesSpace)
export const restartInstanceAction = defineAction(instanceInput, restartInstance)
export const rebuildInstanceAction = defineAction(instanceInput, rebuildInstance)
export const restoreInstanceAction = defineAction(restoreInstanceInput, restoreInstance)
export const renameInstanceAction = defineAction(renameInstanceInput, renameInstance)
export const protectInstanceAction = defineAction(protectInstanceInput, protectInstance)
export const changeInstanceTypeAction = defineAction(changeInstanceTypeInput, changeInstanceType)
export const terminateInstanceAction = defineAction(terminateInstanceInput, terminateInstance, freesSpace)
