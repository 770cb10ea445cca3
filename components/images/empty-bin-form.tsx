'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { EmptyState } from '@/components/ui/empty-state'
import { toast } from '@/components/ui/toasts'
import { emptyRecycleBinAction } from '@/lib/images/actions'
import type { RecycleBin } from '@/lib/images/schema'
import type { ImageInstances } from '@/lib/instances/schema'
import { ImageInstancesList } from './image-instances'

type EmptyBinFormProps = { region: string; bin: RecycleBin; usedBy: ImageInstances; back: Route }

/** The confirmation of `EmptyBinDialog` as a page. Images deleted after it was rendered stay. */
export function EmptyBinForm({ region, bin: { binned: count, binnedUntil }, usedBy, back }: EmptyBinFormProps) {
  const t = useTranslations('recycleBin')
  const images = useTranslations('images')
  return (
    <ActionForm
      name="empty recycle bin"
      action={emptyRecycleBinAction}
      fixed={{ region, deletedUntil: binnedUntil ?? '' }}
      changes={['images', 'quotas']}
      onDone={({ purged }) => toast(t('done', { count: purged }))}
      leadsTo={back}
      className="flex flex-col gap-3"
    >
      {({ isPending }) =>
        binnedUntil === null ? (
          <EmptyState title={images('emptyBin')}>{images('emptyBinNext')}</EmptyState>
        ) : (
          <Card title={t('askTitle', { count })}>
            <div className="flex flex-col gap-3 p-4 text-sm">
              <p>{t('askText')}</p>
              <ImageInstancesList usedBy={usedBy} images={count} />
              <div className="flex flex-wrap gap-2">
                <Button kind="danger" type="submit" isPending={isPending}>
                  {t('confirm')}
                </Button>
                <Link href={back} className={buttonClass('secondary')}>
                  {t('keep', { count })}
                </Link>
              </div>
            </div>
          </Card>
        )
      }
    </ActionForm>
  )
}
