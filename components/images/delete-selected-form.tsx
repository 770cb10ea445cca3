'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { NothingSelected } from '@/components/shell/nothing-selected'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { Notice } from '@/components/ui/notice'
import { toast } from '@/components/ui/toasts'
import { deleteImagesAction } from '@/lib/images/actions'
import type { SelectedImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'
import { SelectedList } from './selected-list'

type DeleteSelectedFormProps = { region: string; images: SelectedImage[]; recycleDays: number; back: Route }

/** Deletes the selected images, all or none. Shared images are refused: their shares must be cancelled first. */
export function DeleteSelectedForm({ region, images, recycleDays, back }: DeleteSelectedFormProps) {
  const t = useTranslations('selected')
  if (images.length === 0)
    return <NothingSelected title={t('deletePage')} text={t('nothing')} back={{ href: back, label: t('back') }} />
  const shared = images.filter(({ recipients }) => recipients > 0).length
  const reason = shared > 0 ? t('deleteShared', { count: shared }) : null
  return (
    <Card title={t('deleteTitle', { count: images.length })}>
      <ActionForm
        name="delete selected"
        action={deleteImagesAction}
        fixed={{ region }}
        changes={['images', 'shares', 'quotas']}
        onDone={() => toast(t('deleted', { count: images.length }))}
        leadsTo={back}
        className="flex flex-col gap-3 p-4 text-sm"
      >
        {({ isPending }) => (
          <>
            <SelectedList region={region} images={images} />
            {reason && (
              <Notice tone="warn">
                {reason}{' '}
                <Link href={paths.sharing(region, { tab: 'given' })} className="rounded-sm font-medium underline">
                  {t('toSharing')}
                </Link>
              </Notice>
            )}
            <p>{recycleDays > 0 ? t('deleteText', { days: recycleDays }) : t('deleteForGood')}</p>
            <p>{t('deleteInstances')}</p>
            <div className="flex flex-wrap gap-2">
              <Button kind="danger" type="submit" isPending={isPending} disabledReason={reason}>
                {t('delete')}
              </Button>
              <Link href={back} className={buttonClass('secondary')}>
                {t('keep')}
              </Link>
            </div>
          </>
        )}
      </ActionForm>
    </Card>
  )
}
