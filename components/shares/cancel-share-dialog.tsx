'use client'

import { useTranslations } from 'next-intl'
import { useRefusalText } from '@/components/shell/refusal-text'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { Notice } from '@/components/ui/notice'
import { cancelShareAction } from '@/lib/shares/actions'
import { useAction } from '@/lib/use-action'

type CancelShareDialogProps = {
  share: { id: string; username: string; image: string }
  /** Who asks: the sharer takes back, the recipient gives back. */
  side: 'sharer' | 'recipient'
  onClose: () => void
  /** Leads away from a page that is gone with the share. */
  onCancelled?: () => void
}

/** Asks once whether a share shall end, and says what that does to whoever asks and to the other side. */
export function CancelShareDialog({ share, side, onClose, onCancelled }: CancelShareDialogProps) {
  const t = useTranslations('cancelDialog')
  const refusalText = useRefusalText()
  const { run, isPending, refusal } = useAction(cancelShareAction, {
    changes: ['shares', 'images', 'quotas'],
    isLeaving: Boolean(onCancelled),
  })
  const { image, username } = share
  const isSharer = side === 'sharer'
  const consequences = isSharer
    ? [t('sharer1', { username }), t('sharer2'), t('sharer3')]
    : [t('recipient1'), t('recipient2'), t('recipient3', { username })]
  const confirm = () =>
    run({ shareId: share.id }, () => {
      onClose()
      onCancelled?.()
    })
  return (
    <ConfirmDialog
      onDismiss={onClose}
      title={isSharer ? t('titleSharer', { image, username }) : t('titleRecipient', { image, username })}
      confirmLabel={t('confirm')}
      keepLabel={t('keep')}
      isPending={isPending}
      onConfirm={confirm}
    >
      {refusal && <Notice tone="danger">{refusalText(refusal)}</Notice>}
      <ul className="flex list-disc flex-col gap-1.5 pl-5">
        {consequences.map((consequence) => (
          <li key={consequence}>{consequence}</li>
        ))}
      </ul>
    </ConfirmDialog>
  )
}
