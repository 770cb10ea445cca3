'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { cancelSharesAction } from '@/lib/shares/actions'
import type { ListedShare, ShareListTab } from '@/lib/shares/schema-list'
import { CancelManyText } from './cancel-many-text'
import { useCancelManyWords } from './cancel-many-words'

type CancelManyPageProps = { shares: ListedShare[]; tab: ShareListTab; back: Route }

/** The question of the dialog as a page: for a browser without scripts. */
export function CancelManyPage({ shares, tab, back }: CancelManyPageProps) {
  const t = useTranslations()
  const { title } = useCancelManyWords(shares, tab)
  if (shares.length === 0)
    return (
      <Card title={t('sharing.cancel')}>
        <div className="flex flex-col items-start gap-3 p-4 text-sm">
          <p>{t('sharing.nothingSelected')}</p>
          <Link href={back} className={buttonClass('secondary')}>
            {t('sharing.back')}
          </Link>
        </div>
      </Card>
    )
  return (
    <Card title={title}>
      <ActionForm
        name="cancel selected"
        action={cancelSharesAction}
        changes={['shares', 'images', 'quotas']}
        leadsTo={back}
        className="flex flex-col gap-3 p-4 text-sm"
      >
        {({ isPending }) => (
          <>
            {shares.map(({ id }) => (
              <input key={id} type="hidden" name="shareIds[]" value={id} />
            ))}
            <CancelManyText shares={shares} tab={tab} />
            <div className="flex flex-wrap gap-2">
              <Button kind="danger" type="submit" isPending={isPending}>
                {t('cancelDialog.confirm')}
              </Button>
              <Link href={back} className={buttonClass('secondary')}>
                {t('cancelDialog.keep')}
              </Link>
            </div>
          </>
        )}
      </ActionForm>
    </Card>
  )
}
