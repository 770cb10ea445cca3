'use client'

import { useTranslations } from 'next-intl'
import type { InstanceSnapshotTask } from '@/components/instances/instance-tasks'
import { FormDialog } from '@/components/ui/form-dialog'
import { instanceForms } from './instance-forms'

type InstanceSnapshotDialogProps = {
  task: InstanceSnapshotTask
  region: string
  instance: { id: string; name: string }
  onClose: () => void
}

/** A dialog with the form of a snapshot task of an instance. */
export function InstanceSnapshotDialog({ task, region, instance, onClose }: InstanceSnapshotDialogProps) {
  const t = useTranslations('snapshots')
  const Form = instanceForms[task]
  return (
    <FormDialog title={t(`${task}Title`, { name: instance.name })} onDismiss={onClose}>
      {(onDismiss) => <Form region={region} instance={instance} place={{ in: 'dialog', onDone: onClose, onDismiss }} />}
    </FormDialog>
  )
}
