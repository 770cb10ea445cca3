import { useFormatter, useTranslations } from 'next-intl'
import type { ListedShare } from '@/lib/shares/schema-list'

/** When the recipient of a share last used its image, under the name of the image, in a table that has no room for its column. */
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
