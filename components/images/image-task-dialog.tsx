'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useEffect, useEffectEvent, useRef } from 'react'
import { RefusalNotice } from '@/components/shell/refusal-notice'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { useReturn } from '@/components/ui/dialog-focus'
import { toast } from '@/components/ui/toasts'
import { retryCleanCopyAction } from '@/lib/clean-copies/actions'
import { retryCopyAction } from '@/lib/copies/actions'
import { protectImageAction, purgeImageAction, restoreImageAction, unprotectImageAction } from '@/lib/images/actions'
import { imageSharesQuery } from '@/lib/shares/queries'
import { cancelTransferAction } from '@/lib/transfers/actions'
import { useAction } from '@/lib/use-action'
import { DeleteImageDialog } from './delete-image-dialog'
import { ImageInstancesList } from './image-instances'
import type { ImageTask } from './image-tasks'

type ImageTaskDialogProps = {
  task: ImageTask
  region: string
  image: { id: string; name: string; state: string; recipients: number }
  recycleDays: number
  onClose: () => void
  /** Leaves a page whose image was deleted. */
  onGone?: () => void
}

/** Asks before operations that remove something; runs the others at once and shows only a refusal. */
export function ImageTaskDialog(props: ImageTaskDialogProps) {
  const { task, onGone, ...rest } = props
  if (task === 'delete') return <DeleteImageDialog {...rest} onDeleted={onGone} />
  if (task === 'purge' || task === 'cancelImport' || task === 'cancelCopy') return <Confirmed {...props} task={task} />
  return <AtOnce {...props} task={task} />
}

const confirmed = { purge: purgeImageAction, cancelImport: cancelTransferAction, cancelCopy: cancelTransferAction }
const atOnce = {
  restore: restoreImageAction,
  protect: protectImageAction,
  unprotect: unprotectImageAction,
  retryCopy: retryCopyAction,
  retryClean: retryCleanCopyAction,
}

function Confirmed({ task, region, image, onClose, onGone }: ImageTaskDialogProps & { task: keyof typeof confirmed }) {
  const t = useTranslations('taskDialog')
  const { run, isPending, refusal } = useAction(confirmed[task], {
    changes: ['images', 'quotas'],
    isLeaving: Boolean(onGone),
  })
  const { data } = useQuery({ ...imageSharesQuery(region, image.id), enabled: task === 'purge' })
  const confirm = () =>
    run({ region, imageId: image.id }, () => {
      toast(t(`${task}.done`, { image: image.name }))
      onClose()
      onGone?.()
    })
  return (
    <ConfirmDialog
      onDismiss={onClose}
      title={t(`${task}.title`, { image: image.name })}
      confirmLabel={t(`${task}.confirm`)}
      keepLabel={t(`${task}.keep`)}
      isPending={isPending}
      onConfirm={confirm}
    >
      {refusal && <RefusalNotice refusal={refusal} />}
      <p>{t(`${task}.text`)}</p>
      {data && <ImageInstancesList usedBy={data.usedBy} />}
    </ConfirmDialog>
  )
}

function AtOnce({ task, region, image, onClose }: ImageTaskDialogProps & { task: keyof typeof atOnce }) {
  const t = useTranslations('taskDialog')
  const { run, isPending, refusal } = useAction(atOnce[task], { changes: ['images', 'quotas'] })
  const imageId = image.id
  const giveBack = useEffectEvent(useReturn())
  // No dialog returns the focus here, and the focused button may disappear with its row.
  useEffect(
    () => () => {
      if (document.activeElement === document.body) giveBack(false)
    },
    [],
  )
  const isAsked = useRef(false)
  const begin = useEffectEvent(() =>
    run({ region, imageId }, () => {
      toast(t(`${task}.done`, { image: image.name }))
      onClose()
    }),
  )
  useEffect(() => {
    // In development React runs an effect twice.
    if (isAsked.current) return
    isAsked.current = true
    begin()
  }, [])
  if (!refusal) return null
  return (
    <ConfirmDialog
      onDismiss={onClose}
      title={t(`${task}.refused`, { image: image.name })}
      confirmLabel={t('tryAgain')}
      keepLabel={t('close')}
      isPending={isPending}
      onConfirm={() => run({ region, imageId }, onClose)}
    >
      <RefusalNotice refusal={refusal} />
    </ConfirmDialog>
  )
}
