'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { useFailureText } from '@/components/images/failure-text'
import { ImageState } from '@/components/images/image-state'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { ProgressBar } from '@/components/ui/progress-bar'
import { canImage, isAvailable, isFailed, percentDone } from '@/lib/images/rules'
import { paths } from '@/lib/paths'
import type { ArrivedImage, RunningUpload } from '@/lib/uploads/list'
import { forgetUpload } from '@/lib/uploads/running'
import { FileButton } from './file-button'
import { UploadName } from './upload-name'

type ArrivedRowProps = {
  upload: RunningUpload
  /** A file to import again for this failed image. */
  onOther: (file: File) => void
}

/** An upload whose file has arrived: the progress of its image, then the outcome. */
export function ArrivedRow({ upload, onOther }: ArrivedRowProps) {
  const t = useTranslations()
  const failureText = useFailureText()
  const { imageId, name, region, image } = upload
  const dismiss = (
    <Button kind="text" aria-label={`${t('import.dismiss')}, ${name}`} onClick={() => forgetUpload(imageId)}>
      {t('import.dismiss')}
    </Button>
  )
  const show = (
    <Link
      href={paths.image(region, imageId)}
      aria-label={`${t('import.showImage')}, ${name}`}
      className={buttonClass('text')}
    >
      {t('import.showImage')}
    </Link>
  )
  if (image === 'gone' || (image && !canImage('update', image.state)))
    return (
      <ArrivedFrame upload={upload} badge={<Badge tone="neutral">{t('states.deleted')}</Badge>} actions={dismiss}>
        <p className="text-ink-muted text-xs">{t('import.imageGone')}</p>
      </ArrivedFrame>
    )
  if (image && isFailed(image.state))
    return (
      <ArrivedFrame
        upload={upload}
        badge={<ImageState state="failed" />}
        actions={
          <>
            <FileButton
              id={`other-${imageId}`}
              label={t('import.chooseOther')}
              name={name}
              kind="text"
              onChoose={onOther}
            />
            {show}
            {dismiss}
          </>
        }
      >
        {image.failure && <p className="text-danger text-xs [overflow-wrap:anywhere]">{failureText(image.failure)}</p>}
      </ArrivedFrame>
    )
  if (image && isAvailable(image.state))
    return (
      <ArrivedFrame
        upload={upload}
        badge={<ImageState state="available" />}
        actions={
          <>
            <Link
              href={paths.shareImage(region, imageId)}
              aria-label={`${t('import.share')}, ${name}`}
              className={buttonClass('text')}
            >
              {t('import.share')}
            </Link>
            {show}
            {dismiss}
          </>
        }
      />
    )
  return <BeingTaken upload={upload} image={image} actions={show} />
}

type BeingTakenProps = { upload: RunningUpload; image: Exclude<ArrivedImage, 'gone'> | null; actions: ReactNode }

function BeingTaken({ upload, image, actions }: BeingTakenProps) {
  const t = useTranslations()
  const percent = image && percentDone(image)
  const what = image?.step ? t(`steps.${image.step}`) : t('import.states.arrived')
  const words = percent === null ? what : t('steps.percent', { what, percent })
  return (
    <ArrivedFrame
      upload={upload}
      badge={
        <Badge tone="accent" isMoving>
          {what}
        </Badge>
      }
      actions={actions}
    >
      <ProgressBar label={`${words}, ${upload.name}`} done={image?.doneBytes ?? 0} max={image?.totalBytes ?? 0} />
      <p className="text-ink-muted text-xs tabular-nums">{percent === null ? t('import.arrivedText') : words}</p>
    </ArrivedFrame>
  )
}

type ArrivedFrameProps = { upload: RunningUpload; badge: ReactNode; actions: ReactNode; children?: ReactNode }

function ArrivedFrame({ upload, badge, actions, children }: ArrivedFrameProps) {
  return (
    <li aria-label={upload.name} className="flex flex-col gap-2 border-line border-t px-4 py-3 first:border-t-0">
      <UploadName upload={upload} badge={badge} />
      {children}
      <div className="-mx-1.5 flex flex-wrap gap-1">{actions}</div>
    </li>
  )
}
