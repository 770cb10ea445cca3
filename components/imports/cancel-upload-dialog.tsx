'use client'

import { useTranslations } from 'next-intl'
import { RefusalNotice } from '@/components/shell/refusal-notice'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { Notice } from '@/components/ui/notice'
import { cancelTransferAction } from '@/lib/transfers/actions'
import { forgetUpload } from '@/lib/uploads/running'
import { useAction } from '@/lib/use-action'

type CancelUploadDialogProps = { upload: { imageId: string; region: string; name: string }; onClose: () => void }

/** Asks before received data is discarded. */
export function CancelUploadDialog({ upload, onClose }: CancelUploadDialogProps) {
  const t = useTranslations('import')
  const { run, isPending, refusal } = useAction(cancelTransferAction, { changes: ['imports', 'images', 'quotas'] })
  const done = () => {
    forgetUpload(upload.imageId)
    onClose()
  }
  return (
    <ConfirmDialog
      onDismiss={onClose}
      title={t('cancelTitle', { name: upload.name })}
      confirmLabel={t('cancel')}
      keepLabel={t('keep')}
      isPending={isPending}
      // An upload that is already gone only leaves the list.
      onConfirm={() =>
        refusal?.code === 'IMAGE_NOT_FOUND' ? done() : run({ region: upload.region, imageId: upload.imageId }, done)
      }
    >
      {refusal?.code === 'IMAGE_NOT_FOUND' && <Notice tone="danger">{t('goneText')}</Notice>}
      {refusal && refusal.code !== 'IMAGE_NOT_FOUND' && <RefusalNotice refusal={refusal} />}
      <p>{t('cancelText')}</p>
    </ConfirmDialog>
  )
}
