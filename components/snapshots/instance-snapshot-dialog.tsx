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

/** Asks for what is done with an instance and its snapshots. */
export function InstanceSnapshotDialog({ task, region, instance, onClose }: InstanceSnapshotDialogProps) {
  const t = useTranslations('snapshots')
  const Form = instanceForms[task]
  return (
    <FormDialog title={t(`${task}Title`, { name: instance.name })} onDismiss={onClose}>
      {(onDismiss) => <Form region={region} instance={instance} place={{ in: 'dialog', onDone: onClose, onDismiss }} />}
    </FormDialog>
  )
}
