'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useFormatter, useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { NothingSelected } from '@/components/shell/nothing-selected'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { extendSharesAction } from '@/lib/shares/actions'
import type { EndPolicy } from '@/lib/shares/rules'
import type { ListedShare } from '@/lib/shares/schema-list'
import { UntilField } from './until-field'

type ExtendFormProps = { shares: ListedShare[]; ends: EndPolicy; back: Route }

/** Changes the end of the selected shares, all or none. */
export function ExtendForm({ shares, ends, back }: ExtendFormProps) {
  const t = useTranslations('sharing')
  const format = useFormatter()
  const endOf = ({ until }: ListedShare) =>
    until ? format.dateTime(new Date(until), { dateStyle: 'medium', timeStyle: 'short' }) : t('noEnd')
  if (shares.length === 0)
    return <NothingSelected title={t('extend')} text={t('nothingSelected')} back={{ href: back, label: t('back') }} />
  return (
    <Card title={t('extendTitle', { count: shares.length })}>
      <ActionForm
        name="extend selected"
        action={extendSharesAction}
        changes={['shares', 'images']}
        leadsTo={back}
        className="flex flex-col gap-3 p-4 text-sm"
      >
        {(view) => (
          <>
            {shares.map(({ id }) => (
              <input key={id} type="hidden" name="shareIds[]" value={id} />
            ))}
            <ul className="flex list-disc flex-col gap-1 rounded-control bg-surface-muted py-2 pr-3 pl-7 [overflow-wrap:anywhere]">
              {shares.map((share) => (
                <li key={share.id}>
                  {t('extendRow', { image: share.image, username: share.username, end: endOf(share) })}
                </li>
              ))}
            </ul>
            <UntilField view={view} ends={ends} />
            <p className="text-ink-muted">{t('extendNote')}</p>
            <div className="flex flex-wrap gap-2">
              <Button kind="primary" type="submit" isPending={view.isPending}>
                {t('extend')}
              </Button>
              <Link href={back} className={buttonClass('secondary')}>
                {t('back')}
              </Link>
            </div>
          </>
        )}
      </ActionForm>
    </Card>
  )
}
