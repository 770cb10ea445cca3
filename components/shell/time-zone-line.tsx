import { useLocale, useTimeZone, useTranslations } from 'next-intl'
import { zoneOffset } from '@/lib/format'

/** The time zone of all times on the page: the deployment's, wherever the reader is. */
export function TimeZoneLine({ now }: { now: Date }) {
  const t = useTranslations('shell')
  const locale = useLocale()
  const zone = useTimeZone() ?? 'UTC'
  return (
    <footer className="px-4 pb-4 text-ink-muted text-xs md:px-6">
      {t('timeZone', { zone, offset: zoneOffset(zone, locale, now) })}
    </footer>
  )
}
