import { useFormatter, useTranslations } from 'next-intl'
import { Badge } from '@/components/ui/badge'
import type { FindingItem } from '@/lib/checks/schema'
import { FindingPlace } from './finding-place'
import { CountAgain, IgnoreForm } from './ignore-form'

type FindingCardProps = { region: string; imageId: string; finding: FindingItem }

/** One finding: its place, an excerpt without the secret, the remedy, and whether its owner takes responsibility. */
export function FindingCard({ region, imageId, finding }: FindingCardProps) {
  const t = useTranslations('check')
  const format = useFormatter()
  const { masked, ignored, ownedBy, remedy } = finding
  const which = { region, imageId, findingId: finding.id }
  const place = finding.path || finding.id
  return (
    <li className="rounded-control border border-line px-3 py-2">
      <p className="flex flex-wrap items-baseline gap-x-2 gap-y-1">
        <FindingPlace finding={finding} />
        {ignored && <Badge tone="neutral">{t('ignored')}</Badge>}
      </p>
      {masked && (
        <pre className="mt-1 whitespace-pre-wrap rounded-sm bg-surface-muted px-2 py-1 font-mono text-xs [overflow-wrap:anywhere]">
          {masked}
        </pre>
      )}
      <p className="mt-1 text-ink-muted text-xs">
        {t(`remedies.${remedy}`)}
        {ownedBy && ` ${t('ownedBy', { package: ownedBy })}`}
      </p>
      {ignored ? (
        <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
          <span className="[overflow-wrap:anywhere]">
            {t('ignoredBy', {
              by: ignored.by,
              at: format.dateTime(new Date(ignored.at), { dateStyle: 'medium' }),
              reason: ignored.reason,
            })}
          </span>
          <CountAgain which={which} place={place} />
        </div>
      ) : (
        <IgnoreForm which={which} place={place} />
      )}
    </li>
  )
}
