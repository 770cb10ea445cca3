import type { InstanceSnapshotTask } from '@/components/instances/instance-tasks'
import { CreateSnapshotForm } from './create-snapshot-form'
import { InstanceImageForm } from './make-image-form'
import { RestoreForm } from './restore-form'

/** The form of each task, in a dialog and on a page: apart from the dialog, which a page does not load. */
export const instanceForms = {
  createSnapshot: CreateSnapshotForm,
  createImage: InstanceImageForm,
  restore: RestoreForm,
} satisfies Record<InstanceSnapshotTask, unknown>
