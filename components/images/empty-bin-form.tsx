'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { EmptyState } from '@/components/ui/empty-state'
import { emptyRecycleBinAction } from '@/lib/images/actions'
import type { ImageInstances } from '@/lib/instances/schema'
import { ImageInstancesList } from './image-instances'

type EmptyBinFormProps = {
  region: string
  count: number
  /** Images deleted after this moment are not counted here, and stay. Null: there are none. */
  deletedUntil: string | null
  usedBy: ImageInstances
  back: Route
}

/** The question of `EmptyBinDialog` as a page. */
export function EmptyBinForm({ region, count, deletedUntil, usedBy, back }: EmptyBinFormProps) {
  const t = useTranslations('recycleBin')
  const images = useTranslations('images')
  if (deletedUntil === null) return <EmptyState title={images('emptyBin')}>{images('emptyBinNext')}</EmptyState>
  return (
    <Card title={t('askTitle', { count })}>
      <ActionForm
        name="empty recycle bin"
        action={emptyRecycleBinAction}
        fixed={{ region, deletedUntil }}
        changes={['images', 'quotas']}
        leadsTo={back}
        className="flex flex-col gap-3 p-4 text-sm"
      >
        {({ isPending }) => (
          <>
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
          </>
        )}
      </ActionForm>
    </Card>
  )
}
