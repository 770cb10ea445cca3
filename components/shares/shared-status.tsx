'use client'

import { useTranslations } from 'next-intl'
import { Status } from '@/components/ui/status'
import type { ImageShare } from '@/lib/shares/schema'

/** The id of the list of recipients on the page. */
export const recipientsId = 'recipients'

/** The number of accounts in the last submit, with a link to them: on a phone they are below the form. */
export function SharedStatus({ added }: { added: ImageShare[] }) {
  const t = useTranslations('share')
  return (
    <Status>
      {added.length > 0 && (
        <span>
          {t('done', { count: added.length })}{' '}
          <a href={`#${recipientsId}`} className="rounded-sm font-medium text-accent underline">
            {t('showAdded')}
          </a>
        </span>
      )}
    </Status>
  )
}
