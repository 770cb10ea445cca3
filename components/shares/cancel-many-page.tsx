'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { NothingSelected } from '@/components/shell/nothing-selected'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { cancelSharesAction } from '@/lib/shares/actions'
import type { ListedShare, ShareListTab } from '@/lib/shares/schema-list'
import { CancelManyText } from './cancel-many-text'
import { useCancelManyWords } from './cancel-many-words'

type CancelManyPageProps = { shares: ListedShare[]; tab: ShareListTab; back: Route }

/** The confirmation as a page, for browsers without scripts. */
export function CancelManyPage({ shares, tab, back }: CancelManyPageProps) {
  const t = useTranslations()
  const { title } = useCancelManyWords(shares, tab)
  if (shares.length === 0)
    return (
      <NothingSelected
        title={t('sharing.cancel')}
        text={t('sharing.nothingSelected')}
        back={{ href: back, label: t('sharing.back') }}
      />
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
