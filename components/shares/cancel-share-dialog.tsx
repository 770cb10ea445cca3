'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { RefusalNotice } from '@/components/shell/refusal-notice'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { findInstancesQuery } from '@/lib/instances/queries'
import { cancelShareAction } from '@/lib/shares/actions'
import { useAction } from '@/lib/use-action'
import { type CancelledShare, useCancelWords } from './cancel-words'

type CancelShareDialogProps = {
  share: CancelledShare
  /** Where to count the recipient's instances when the dialog opens; the sharer's page already knows the number. */
  count?: { region: string; imageId: string }
  /** The sharer cancels the share, or the recipient gives the image back. */
  side: 'sharer' | 'recipient'
  onClose: () => void
  onEnded?: () => void
  /** The page navigates away afterwards, because it is about the cancelled share. */
  isLeaving?: boolean
}

/** Asks before a share is cancelled, with the consequences for both sides. */
export function CancelShareDialog({ share, count, side, onClose, onEnded, isLeaving = false }: CancelShareDialogProps) {
  const t = useTranslations('cancelDialog')
  const { run, isPending, refusal } = useAction(cancelShareAction, {
    changes: ['shares', 'images', 'quotas'],
    isLeaving,
  })
  const { data } = useQuery({
    ...findInstancesQuery(count?.region ?? '', count?.imageId ?? ''),
    enabled: Boolean(count),
  })
  const instances = data?.items.length ?? share.instances
  const { title, consequences } = useCancelWords({ ...share, instances }, side)
  const confirm = () =>
    run({ shareId: share.id }, () => {
      onClose()
      onEnded?.()
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
      <ul className="flex list-disc flex-col gap-1.5 pl-5">
        {consequences.map((consequence) => (
          <li key={consequence}>{consequence}</li>
        ))}
      </ul>
    </ConfirmDialog>
  )
}
