'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useRefusalText } from '@/components/shell/refusal-text'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { Notice } from '@/components/ui/notice'
import { toast } from '@/components/ui/toasts'
import { emptyRecycleBinAction } from '@/lib/images/actions'
import { binInstancesQuery } from '@/lib/images/queries'
import { useAction } from '@/lib/use-action'
import { ImageInstancesList } from './image-instances'

type EmptyBinDialogProps = {
  region: string
  count: number
  /** Images deleted after this time were not listed, and stay. */
  deletedUntil: string
  onClose: () => void
}

/** Asks before everything in the recycle bin is deleted for good. */
export function EmptyBinDialog({ region, count, deletedUntil, onClose }: EmptyBinDialogProps) {
  const t = useTranslations('recycleBin')
  const refusalText = useRefusalText()
  const { run, isPending, refusal } = useAction(emptyRecycleBinAction, { changes: ['images', 'quotas'] })
  const { data: usedBy = [] } = useQuery(binInstancesQuery(region))
  const confirm = () =>
    run({ region, deletedUntil }, ({ purged }) => {
      toast(t('done', { count: purged }))
      onClose()
    })
  return (
    <ConfirmDialog
      onDismiss={onClose}
      title={t('askTitle', { count })}
      confirmLabel={t('confirm')}
      keepLabel={t('keep', { count })}
      isPending={isPending}
      onConfirm={confirm}
    >
      {refusal && <Notice tone="danger">{refusalText(refusal)}</Notice>}
      <p>{t('askText')}</p>
      <ImageInstancesList usedBy={usedBy} images={count} />
    </ConfirmDialog>
  )
}
