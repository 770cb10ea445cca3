import { useTranslations } from 'next-intl'
import { FindingPlace } from '@/components/checks/finding-place'
import { RuleTitle } from '@/components/checks/rule-title'
import { SeverityBadge } from '@/components/checks/severity-badge'
import type { CleanItem } from '@/lib/clean-copies/schema'

/** The findings that a clean copy cannot remove, each with its reason. */
export function CleanStaying({ items }: { items: CleanItem[] }) {
  const t = useTranslations('clean')
  return (
    <div className="flex flex-col gap-2 p-4">
      <p className="text-ink-muted text-sm">{t('stayingHint')}</p>
      <ul className="flex flex-col gap-2 text-sm">
        {items.map((item) => (
          <li key={item.id}>
            <span className="flex flex-wrap items-center gap-2">
              <SeverityBadge severity={item.severity} />
              <RuleTitle rule={item.rule} />
            </span>
            <FindingPlace finding={item} />{' '}
            <span className="text-ink-muted text-xs">
              {t('kept', { reason: item.kept ?? '', package: item.ownedBy ?? '' })}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
