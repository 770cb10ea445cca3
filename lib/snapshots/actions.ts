'use server'

import { defineAction } from '@/lib/action'
import { createInstanceImageInput, createSnapshotImageInput, createSnapshotInput, snapshotInput } from './schema'
import { createInstanceImage, createSnapshot, createSnapshotImage, deleteSnapshot } from './writes'

export const createSnapshotAction = defineAction(createSnapshotInput, createSnapshot)
export const createInstanceImageAction = defineAction(createInstanceImageInput, createInstanceImage)
export const createSnapshotImageAction = defineAction(createSnapshotImageInput, createSnapshotImage)
export const deleteSnapshotAction = defineAction(snapshotInput, deleteSnapshot, { freesSpace: true })
