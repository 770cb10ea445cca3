'use client'

import { useTranslations } from 'next-intl'
import { RefusalNotice } from '@/components/shell/refusal-notice'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { cancelSharesAction } from '@/lib/shares/actions'
import type { ListedShare, ShareListTab } from '@/lib/shares/schema-list'
import { useAction } from '@/lib/use-action'
import { CancelManyText } from './cancel-many-text'
import { useCancelManyWords } from './cancel-many-words'

type CancelManyDialogProps = {
  shares: ListedShare[]
  tab: ShareListTab
  onClose: () => void
  onEnded: () => void
}

/** Asks before the selected shares are cancelled, all or none. */
export function CancelManyDialog({ shares, tab, onClose, onEnded }: CancelManyDialogProps) {
  const t = useTranslations('cancelDialog')
  const { title } = useCancelManyWords(shares, tab)
  const { run, isPending, refusal } = useAction(cancelSharesAction, { changes: ['shares', 'images', 'quotas'] })
  const confirm = () =>
    run({ shareIds: shares.map(({ id }) => id) }, () => {
      onClose()
      onEnded()
    })
  return (
    <ConfirmDialog
      onDismiss={onClose}
      title={title}
      confirmLabel={t('confirm')}
      keepLabel={t('keep')}
      isPending={isPending}
      onConfirm={confirm}
    >
      {refusal && <RefusalNotice refusal={refusal} />}
      <CancelManyText shares={shares} tab={tab} />
    </ConfirmDialog>
  )
}
