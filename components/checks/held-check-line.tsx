import { useFormatter, useNow, useTranslations } from 'next-intl'
import type { HeldCheck } from '@/lib/checks/schema'

/** What a recipient is told of the disk: when it was checked, and how many findings the sharer knew of. */
export function HeldCheckLine({ check: { state, checkedAt, findings } }: { check: HeldCheck }) {
  const t = useTranslations('check')
  const format = useFormatter()
  const now = useNow()
  if (state === null || checkedAt === null || state === 'failed') return null
  // A moment passes between the server's page and the browser's, and in it "4 seconds ago" becomes 5.
  return (
    <time dateTime={checkedAt} suppressHydrationWarning>
      {t('held', { state, findings, when: format.relativeTime(new Date(checkedAt), now) })}
    </time>
  )
}
