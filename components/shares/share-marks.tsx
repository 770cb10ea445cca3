'use client'

import { useFormatter, useTranslations } from 'next-intl'
import { Badge } from '@/components/ui/badge'
import type { ImageShares } from '@/lib/shares/schema'

type ListedShare = ImageShares['shares'][number]

/** Marks of a share beside its username: new, pending, its end, its note. */
export function ShareMarks({ share, isNew }: { share: ListedShare; isNew: boolean }) {
  const t = useTranslations('share')
  const format = useFormatter()
  return (
    <>
      {isNew && (
        <span data-marked>
          <Badge tone="ok">{t('justAdded')}</Badge>
        </span>
      )}
      {share.status === 'PENDING' && <Badge tone="warn">{t('pending')}</Badge>}
      {share.until && (
        <p className="text-ink-muted text-xs">
          {t('untilTime', {
            time: format.dateTime(new Date(share.until), { dateStyle: 'medium', timeStyle: 'short' }),
          })}
        </p>
      )}
      {share.note && <p className="max-w-[60ch] whitespace-pre-line text-ink-muted text-xs">{share.note}</p>}
    </>
  )
}
