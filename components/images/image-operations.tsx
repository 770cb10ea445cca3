'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import type { CustomImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'
import type { ImageTask } from './image-task-dialog'

type ImageOperationsProps = { region: string; image: CustomImage; onAsk: (task: ImageTask) => void }

/** What can be done with an own image in its state, in its row. */
export function ImageOperations({ region, image, onAsk }: ImageOperationsProps) {
  const t = useTranslations('images')
  const ask = (task: ImageTask, label: string, isDangerous = true) => (
    <Button
      kind={isDangerous ? 'text-danger' : 'text'}
      aria-label={`${label}, ${image.name}`}
      onClick={() => onAsk(task)}
    >
      {label}
    </Button>
  )
  if (image.state === 'deleted')
    return (
      <Row>
        {ask('restore', t('restore'), false)}
        {ask('purge', t('deleteForGood'))}
      </Row>
    )
  return (
    <Row>
      <Link
        href={paths.shareImage(region, image.id)}
        aria-label={`${t('sharedImages')}, ${image.name}`}
        className={buttonClass('text')}
      >
        {t('sharedImages')}
      </Link>
      {image.state === 'available' && (
        <Link
          href={paths.copyImage(region, image.id)}
          aria-label={`${t('copyImage')}, ${image.name}`}
          className={buttonClass('text')}
        >
          {t('copyImage')}
        </Link>
      )}
      {image.state === 'failed' && image.isCopy && ask('retryCopy', t('retry'), false)}
      {(image.state === 'available' || image.state === 'failed') && ask('delete', t('delete'))}
      {image.state === 'importing' && ask('cancelImport', t('cancelImport'))}
      {image.state === 'copying' && ask('cancelCopy', t('cancelCopy'))}
    </Row>
  )
}

function Row({ children }: { children: React.ReactNode }) {
  return <div className="-mx-1.5 flex flex-wrap gap-1">{children}</div>
}
