'use client'

import { useTranslations } from 'next-intl'
import { RefusalNotice } from '@/components/shell/refusal-notice'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { FormDialog } from '@/components/ui/form-dialog'
import { toast } from '@/components/ui/toasts'
import { deleteSnapshotAction } from '@/lib/snapshots/actions'
import type { SnapshotItem } from '@/lib/snapshots/schema'
import { useAction } from '@/lib/use-action'
import { useDeleteWords } from './delete-words'
import { SnapshotImageForm } from './make-image-form'
import type { SnapshotTask } from './snapshot-tasks'

type DialogProps = { region: string; snapshot: SnapshotItem; onClose: () => void }

/** Asks before a snapshot is deleted, or for the name of an image made from it. */
export function SnapshotTaskDialog({ task, ...props }: DialogProps & { task: SnapshotTask }) {
  const t = useTranslations('snapshots')
  if (task === 'delete') return <DeleteDialog {...props} />
  const { snapshot, region, onClose } = props
  return (
    <FormDialog title={t('imageTitle', { name: snapshot.name })} onDismiss={onClose}>
      {(onDismiss) => (
        <SnapshotImageForm region={region} snapshot={snapshot} place={{ in: 'dialog', onDone: onClose, onDismiss }} />
      )}
    </FormDialog>
  )
}

function DeleteDialog({ region, snapshot, onClose }: DialogProps) {
  const t = useTranslations('snapshots')
  const words = useDeleteWords(snapshot.state)
  const { run, isPending, refusal } = useAction(deleteSnapshotAction, { changes: ['snapshots', 'quotas'] })
  const confirm = () =>
    run({ region, snapshotId: snapshot.id }, () => {
      toast(t('deleteDone', { name: snapshot.name }))
      onClose()
    })
  return (
    <ConfirmDialog
      onDismiss={onClose}
      title={t('deleteTitle', { name: snapshot.name })}
      confirmLabel={t('delete')}
      keepLabel={t('keep')}
      isPending={isPending}
      onConfirm={confirm}
    >
      {refusal && <RefusalNotice refusal={refusal} />}
      {words.map((text) => (
        <p key={text}>{text}</p>
      ))}
    </ConfirmDialog>
  )
}
