import { useFormatter, useNow, useTranslations } from 'next-intl'
import type { HeldCheck } from '@/lib/checks/schema'

/** The check as a recipient sees it: when it was made, and how many findings the sharer knew of. */
export function HeldCheckLine({ check: { state, checkedAt, findings } }: { check: HeldCheck }) {
  const t = useTranslations('check')
  const format = useFormatter()
  const now = useNow()
  if (state === null || checkedAt === null || state === 'failed') return null
  // The relative time may differ by a second between server and browser.
  return (
    <time dateTime={checkedAt} suppressHydrationWarning>
      {t('held', { state, findings, when: format.relativeTime(new Date(checkedAt), now) })}
    </time>
  )
}
