'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { RefusalNotice } from '@/components/shell/refusal-notice'
import { isNameMismatch, TypedNameField } from '@/components/shell/typed-name-field'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { toast } from '@/components/ui/toasts'
import { deleteImageAction } from '@/lib/images/actions'
import { canImage, isFailed } from '@/lib/images/rules'
import { imageSharesQuery } from '@/lib/shares/queries'
import { useAction } from '@/lib/use-action'
import { ImageInstancesList } from './image-instances'
import { useRestore } from './use-restore'

type DeleteImageDialogProps = {
  region: string
  image: { id: string; name: string; state: string; recipients: number }
  recycleDays: number
  onClose: () => void
  /** Leaves a page whose image was deleted. */
  onDeleted?: () => void
}

/** Before an image is deleted, says who loses what, and asks to type the name of a shared one. */
export function DeleteImageDialog({ region, image, recycleDays, onClose, onDeleted }: DeleteImageDialogProps) {
  const t = useTranslations('deleteDialog')
  const tImages = useTranslations('images')
  const { run, isPending, refusal } = useAction(deleteImageAction, {
    changes: ['images', 'shares', 'quotas'],
    isLeaving: Boolean(onDeleted),
  })
  const restore = useRestore()
  const undo = () => void restore({ region, image })
  const [typedName, setTypedName] = useState('')
  // Read again when the dialog opens: the row may be older than the last share.
  const { data } = useQuery({ ...imageSharesQuery(region, image.id), enabled: canImage('share', image.state) })
  const recipients = data?.shares ?? []
  const isShared = data ? recipients.length > 0 : image.recipients > 0
  const isBinned = recycleDays > 0 && canImage('bin', image.state)
  const confirm = () =>
    run({ region, imageId: image.id, cancelShares: isShared, typedName: isShared ? typedName : null }, () => {
      if (isBinned) toast(t('doneBin', { image: image.name }), { label: tImages('restore'), onSelect: undo })
      else toast(t('done', { image: image.name }))
      onClose()
      onDeleted?.()
    })
  return (
    <ConfirmDialog
      onDismiss={onClose}
      title={isShared ? t('sharedTitle', { image: image.name }) : t('title', { image: image.name })}
      confirmLabel={isShared ? t('confirmShared') : t('confirm')}
      keepLabel={t('keep')}
      isPending={isPending}
      onConfirm={confirm}
    >
      {refusal && !isNameMismatch(refusal) && <RefusalNotice refusal={refusal} />}
      <p>{isFailed(image.state) ? t('failed') : isBinned ? t('text', { days: recycleDays }) : t('textForGood')}</p>
      {canImage('bin', image.state) && <p>{t('instances')}</p>}
      {data && <ImageInstancesList usedBy={data.usedBy} />}
      {isShared && (
        <>
          <p>{t('sharedText', { count: data ? recipients.length : image.recipients })}</p>
          <ul className="flex flex-wrap gap-1.5">
            {recipients.map((share) => (
              <li key={share.id} className="rounded-full border border-line bg-surface-muted px-2 text-xs">
                {share.username}
              </li>
            ))}
          </ul>
          <TypedNameField
            label={t('typeName')}
            name={image.name}
            value={typedName}
            onChange={setTypedName}
            refusal={refusal}
          />
        </>
      )}
    </ConfirmDialog>
  )
}
