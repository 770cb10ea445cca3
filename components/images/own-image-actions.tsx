'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useMay } from '@/components/shell/rights'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { canImage, retryOf } from '@/lib/images/rules'
import type { OwnImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'
import { DownloadButton } from './download-button'
import type { ImageTask } from './image-tasks'

type OwnImageActionsProps = { image: OwnImage; onAsk: (task: ImageTask) => void }

/** The operations on an own image on its page, the most likely one first. */
export function OwnImageActions({ image, onAsk }: OwnImageActionsProps) {
  const t = useTranslations('images')
  const may = useMay()
  const region = image.regionId
  const task = (kind: 'primary' | 'secondary', task: ImageTask, label: string) => (
    <TaskButton kind={kind} image={image} task={task} label={label} onAsk={onAsk} />
  )
  if (canImage('share', image.state)) return <AvailableActions image={image} onAsk={onAsk} />
  if (!may('images.change', region)) return null
  if (canImage('restore', image.state))
    return (
      <>
        {task('primary', 'restore', t('restore'))}
        {task('secondary', 'purge', t('deleteForGood'))}
      </>
    )
  const retry = retryOf(image)
  if (canImage('retry', image.state))
    return (
      <>
        {retry ? (
          task('primary', retry, t('retry'))
        ) : (
          <Link href={paths.importImage(region, image.id)} className={buttonClass('primary')}>
            {t('importAgain')}
          </Link>
        )}
        {task('secondary', 'delete', t('delete'))}
      </>
    )
  if (canImage('cancelImport', image.state)) return task('secondary', 'cancelImport', t('cancelImport'))
  if (canImage('cancelCopy', image.state)) return task('secondary', 'cancelCopy', t('cancelCopy'))
  return null
}

function AvailableActions({ image, onAsk }: OwnImageActionsProps) {
  const t = useTranslations('images')
  const deprecation = useTranslations('deprecation')
  const may = useMay()
  const region = image.regionId
  return (
    <>
      <Link href={paths.shareImage(region, image.id)} className={buttonClass('primary')}>
        {t('sharedImages')}
      </Link>
      {may('images.download', region) && may('images.change', null) && (
        <Link href={paths.copyImage(region, image.id)} className={buttonClass('secondary')}>
          {t('copyImage')}
        </Link>
      )}
      {may('instances.change', region) && (
        <Link href={paths.createInstance(region, image.id)} className={buttonClass('secondary')}>
          {t('createInstance')}
        </Link>
      )}
      {may('images.download', region) && <DownloadButton image={image} />}
      {may('images.change', region) && (
        <Link href={paths.editImage(region, image.id, 'deprecate')} className={buttonClass('secondary')}>
          {deprecation(image.deprecation ? 'edit' : 'deprecate')}
        </Link>
      )}
      {may('images.change', region) &&
        (image.isProtected ? (
          <TaskButton kind="secondary" image={image} task="unprotect" label={t('unprotect')} onAsk={onAsk} />
        ) : (
          <>
            <TaskButton kind="secondary" image={image} task="protect" label={t('protect')} onAsk={onAsk} />
            <TaskButton kind="secondary" image={image} task="delete" label={t('delete')} onAsk={onAsk} />
          </>
        ))}
    </>
  )
}

type TaskButtonProps = OwnImageActionsProps & { kind: 'primary' | 'secondary'; task: ImageTask; label: string }

function TaskButton({ kind, image, task, label, onAsk }: TaskButtonProps) {
  return (
    <Button
      kind={kind}
      aria-label={`${label}, ${image.name}`}
      href={paths.imageTask(image.regionId, image.id, task)}
      onClick={() => onAsk(task)}
    >
      {label}
    </Button>
  )
}
