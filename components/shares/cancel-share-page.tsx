'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { cancelShareAction } from '@/lib/shares/actions'
import { type CancelledShare, useCancelWords } from './cancel-words'

type CancelSharePageProps = {
  share: CancelledShare
  side: 'sharer' | 'recipient'
  /** The list to return to, whether the share was cancelled or not. */
  back: Route
}

/** The confirmation as a page, for browsers without scripts or before they have loaded. */
export function CancelSharePage({ share, side, back }: CancelSharePageProps) {
  const t = useTranslations('cancelDialog')
  const { title, consequences } = useCancelWords(share, side)
  return (
    <Card title={title}>
      <ActionForm
        name={`cancel ${share.id}`}
        action={cancelShareAction}
        fixed={{ shareId: share.id }}
        changes={['shares', 'images', 'quotas']}
        leadsTo={back}
        className="flex flex-col gap-3 p-4 text-sm"
      >
        {({ isPending }) => (
          <>
            <ul className="flex list-disc flex-col gap-1.5 pl-5">
              {consequences.map((consequence) => (
                <li key={consequence}>{consequence}</li>
              ))}
            </ul>
            <div className="flex flex-wrap gap-2">
              <Button kind="danger" type="submit" isPending={isPending}>
                {t('confirm')}
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
