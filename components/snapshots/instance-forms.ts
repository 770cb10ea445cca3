import type { InstanceSnapshotTask } from '@/components/instances/instance-tasks'
import { CreateSnapshotForm } from './create-snapshot-form'
import { InstanceImageForm } from './make-image-form'
import { RestoreForm } from './restore-form'

/** The form of each task. Not in the dialog's file, because pages use the forms without the dialog. */
export const instanceForms = {
  createSnapshot: CreateSnapshotForm,
  createImage: InstanceImageForm,
  restore: RestoreForm,
} satisfies Record<InstanceSnapshotTask, unknown>
