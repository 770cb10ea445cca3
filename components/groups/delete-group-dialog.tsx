'use client'

import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { RefusalNotice } from '@/components/shell/refusal-notice'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { deleteGroupAction } from '@/lib/groups/actions'
import type { Group } from '@/lib/groups/schema'
import { paths } from '@/lib/paths'
import { useAction } from '@/lib/use-action'

/** Asks before a group is deleted. */
export function DeleteGroupDialog({ group: { id, name }, onClose }: { group: Group; onClose: () => void }) {
  const t = useTranslations('groups')
  const router = useRouter()
  const { run, isPending, refusal } = useAction(deleteGroupAction, { changes: [], isLeaving: true })
  return (
    <ConfirmDialog
      onDismiss={onClose}
      title={t('deleteTitle', { name })}
      confirmLabel={t('delete')}
      keepLabel={t('keep')}
      isPending={isPending}
      onConfirm={() => run({ groupId: id }, () => router.push(paths.groups()))}
    >
      {refusal && <RefusalNotice refusal={refusal} />}
      <p>{t('deleteText')}</p>
    </ConfirmDialog>
  )
}
