'use server'

import { defineAction } from '@/lib/action'
import { createInstanceImageInput, createSnapshotImageInput, createSnapshotInput, snapshotInput } from './schema'
import { createInstanceImage, createSnapshot, createSnapshotImage, deleteSnapshot } from './writes'

export const createSnapshotAction = defineAction(createSnapshotInput, createSnapshot, { needs: 'instances.change' })
export const createInstanceImageAction = defineAction(createInstanceImageInput, createInstanceImage, {
  needs: ['instances.change', 'images.change'],
})
export const createSnapshotImageAction = defineAction(createSnapshotImageInput, createSnapshotImage, {
  needs: ['instances.change', 'images.change'],
})
export const deleteSnapshotAction = defineAction(snapshotInput, deleteSnapshot, {
  needs: 'instances.change',
  freesSpace: true,
})
