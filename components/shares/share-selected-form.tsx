'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { CheckShield } from '@/components/checks/check-shield'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { toast } from '@/components/ui/toasts'
import type { SelectedImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'
import { shareImagesAction } from '@/lib/shares/actions'
import { type EndPolicy, recipientsMax } from '@/lib/shares/rules'
import type { ImageShare } from '@/lib/shares/schema'
import { Recipients, TextField } from './share-form'
import { UntilField } from './until-field'

type ShareSelectedFormProps = {
  region: string
  images: SelectedImage[]
  ends: EndPolicy
  /** Whether a disk that was not found clean is shared with a reason only, or not at all. */
  hasPolicy: boolean
  idempotencyKey: string
  back: Route
}

/** Shares the selected images with the same accounts, all or none. */
export function ShareSelectedForm({ region, images, ends, hasPolicy, idempotencyKey, back }: ShareSelectedFormProps) {
  const t = useTranslations()
  if (images.length === 0) return <NothingSelected back={back} />
  const needsReason = hasPolicy && images.some((image) => !isClean(image))
  const done = (made: ImageShare[]) => {
    const accounts = new Set(made.map(({ username }) => username)).size
    toast(t('selected.done', { images: images.length, accounts }))
  }
  return (
    <Card title={t('selected.cardTitle', { count: images.length })}>
      <ActionForm
        name="share selected"
        action={shareImagesAction}
        fixed={{ region }}
        idempotencyKey={idempotencyKey}
        changes={['shares', 'images', 'quotas']}
        onDone={done}
        leadsTo={back}
        className="flex flex-col gap-3 p-4 text-sm"
      >
        {(view) => (
          <>
            <SelectedList region={region} images={images} />
            <Recipients view={view} of="selected" sharedWith={[]} />
            <UntilField view={view} ends={ends} />
            <TextField view={view} name="note" label={t('share.note')} hint={t('share.noteHint')} />
            {(needsReason || view.errorOf('reason')) && (
              <TextField view={view} name="reason" label={t('share.reason')} hint={t('share.reasonHint')} />
            )}
            <div className="flex flex-wrap gap-2">
              <Button kind="primary" type="submit" isPending={view.isPending}>
                {t('selected.share')}
              </Button>
              <Link href={back} className={buttonClass('secondary')}>
                {t('selected.back')}
              </Link>
            </div>
          </>
        )}
      </ActionForm>
    </Card>
  )
}

/** The images with how many have each of them, and what was found on its disk. */
function SelectedList({ region, images }: Pick<ShareSelectedFormProps, 'region' | 'images'>) {
  const t = useTranslations()
  return (
    <ul
      aria-label={t('selected.images')}
      className="flex flex-col divide-y divide-line rounded-control border border-line bg-surface-muted"
    >
      {images.map((image) => (
        <li key={image.id} className="flex flex-wrap items-center gap-x-2 gap-y-1 px-3 py-2">
          <input type="hidden" name="imageIds[]" value={image.id} />
          <Link
            href={paths.shareImage(region, image.id)}
            className="min-w-0 rounded-sm font-medium text-accent [overflow-wrap:anywhere] hover:underline"
          >
            {image.name}
          </Link>
          <CheckShield {...image} />
          <span className="ml-auto text-ink-muted text-xs tabular-nums">
            {image.state === 'available'
              ? t('selected.recipients', { count: image.recipients, max: recipientsMax })
              : t(`states.${image.state}`)}
          </span>
        </li>
      ))}
    </ul>
  )
}

function NothingSelected({ back }: { back: Route }) {
  const t = useTranslations('selected')
  return (
    <Card title={t('title')}>
      <div className="flex flex-col items-start gap-3 p-4 text-sm">
        <p>{t('nothing')}</p>
        <Link href={back} className={buttonClass('secondary')}>
          {t('back')}
        </Link>
      </div>
    </Card>
  )
}

function isClean({ verdict, findings }: SelectedImage): boolean {
  return verdict === 'clean' || (verdict === 'findings' && findings === 0)
}
