import { useFormatter, useTranslations } from 'next-intl'
import type { ListedShare } from '@/lib/shares/schema-list'

/** The last use of a share under its image's name, in a table without room for the column. */
export function LastUseBelow({ share: { lastUsedAt, instances } }: { share: ListedShare }) {
  const t = useTranslations('sharing')
  const format = useFormatter()
  return (
    <p className="table-narrow truncate text-ink-muted text-xs">
      {lastUsedAt
        ? t('lastUsedLine', { time: format.dateTime(new Date(lastUsedAt), { dateStyle: 'medium' }), count: instances })
        : t('neverUsedLine')}
    </p>
  )
}
