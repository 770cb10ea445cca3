'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { SelectedList } from '@/components/images/selected-list'
import { ActionForm } from '@/components/shell/action-form'
import { NothingSelected } from '@/components/shell/nothing-selected'
import { usePageAccount } from '@/components/shell/page-account'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { toast } from '@/components/ui/toasts'
import { dropDraft } from '@/lib/drafts'
import type { SelectedImage } from '@/lib/images/schema'
import { shareImagesAction } from '@/lib/shares/actions'
import type { EndPolicy } from '@/lib/shares/rules'
import type { ImageShare } from '@/lib/shares/schema'
import { Recipients, recipientsDraft, TextField } from './share-form'
import { UntilField } from './until-field'

type ShareSelectedFormProps = {
  region: string
  images: SelectedImage[]
  ends: EndPolicy
  /** Whether a disk without a clean verdict needs a reason to be shared, or is refused. */
  hasPolicy: boolean
  idempotencyKey: string
  back: Route
}

/** Shares the selected images with the same accounts, all or none. */
export function ShareSelectedForm({ region, images, ends, hasPolicy, idempotencyKey, back }: ShareSelectedFormProps) {
  const t = useTranslations()
  const account = usePageAccount()
  // Each selection has its own draft, so that names and reason of one do not appear in another.
  const of = images
    .map(({ id }) => id)
    .toSorted()
    .join(' ')
  if (images.length === 0)
    return (
      <NothingSelected
        title={t('selected.title')}
        text={t('selected.nothing')}
        back={{ href: back, label: t('selected.back') }}
      />
    )
  const needsReason = hasPolicy && images.some((image) => !isClean(image))
  const done = (made: ImageShare[]) => {
    const accounts = new Set(made.map(({ username }) => username)).size
    dropDraft(recipientsDraft(account, of))
    toast(t('selected.done', { images: images.length, accounts }))
  }
  return (
    <Card title={t('selected.cardTitle', { count: images.length })}>
      <ActionForm
        name={`share ${of}`}
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
            <Recipients view={view} of={of} sharedWith={[]} />
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

function isClean({ verdict, findings }: SelectedImage): boolean {
  return verdict === 'clean' || (verdict === 'findings' && findings === 0)
}
