'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { toast } from '@/components/ui/toasts'
import type { OwnImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'
import type { ImageTask } from './image-tasks'

/** What can be done with an own image in its state, on its page. */
export function OwnImageActions({ image, onAsk }: { image: OwnImage; onAsk: (task: ImageTask) => void }) {
  const t = useTranslations('images')
  const region = image.regionId
  const button = (task: ImageTask, label: string) => (
    <Button kind="secondary" aria-label={`${label}, ${image.name}`} onClick={() => onAsk(task)}>
      {label}
    </Button>
  )
  if (image.state === 'deleted')
    return (
      <>
        <Button kind="primary" aria-label={`${t('restore')}, ${image.name}`} onClick={() => onAsk('restore')}>
          {t('restore')}
        </Button>
        {button('purge', t('deleteForGood'))}
      </>
    )
  return (
    <>
      <Link href={paths.shareImage(region, image.id)} className={buttonClass('primary')}>
        {t('sharedImages')}
      </Link>
      {image.state === 'available' && (
        <>
          <Link href={paths.copyImage(region, image.id)} className={buttonClass('secondary')}>
            {t('copyImage')}
          </Link>
          <a
            href={paths.api.imageContent(region, image.id)}
            download
            // The browser shows nothing before the first byte, and that waits for the whole disk to be read.
            onClick={() => void toast(t('downloadChecks', { image: image.name }))}
            className={buttonClass('secondary')}
          >
            {t('download')}
          </a>
        </>
      )}
      {image.state === 'failed' && image.copyOf && button('retryCopy', t('retry'))}
      {image.state === 'importing' && button('cancelImport', t('cancelImport'))}
      {image.state === 'copying' && button('cancelCopy', t('cancelCopy'))}
      {(image.state === 'available' || image.state === 'failed') && button('delete', t('delete'))}
    </>
  )
}
