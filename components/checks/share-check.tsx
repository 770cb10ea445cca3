import { ShieldCheck } from 'lucide'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Icon } from '@/components/ui/icon'
import type { ShareCheckSummary } from '@/lib/checks/schema'
import { paths } from '@/lib/paths'
import { CheckBadge } from './check-badge'
import { CheckLine } from './check-line'
import { CheckWatch } from './check-watch'
import { FindingPlace } from './finding-place'
import { RuleTitle } from './rule-title'
import { SeverityBadge } from './severity-badge'

type ShareCheckProps = { region: string; imageId: string; check: ShareCheckSummary }

/** Shown before sharing: the verdict, the gravest findings, and a link to all of them. */
export function ShareCheck({ region, imageId, check }: ShareCheckProps) {
  const t = useTranslations('check')
  return (
    <section
      aria-label={t('title')}
      className="flex flex-col gap-2 rounded-control border border-line bg-surface-muted px-3 py-2.5 text-sm"
    >
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Icon of={ShieldCheck} className="size-4 shrink-0 text-ink-muted" />
        <span className="font-medium">{t('title')}</span>
        <CheckBadge check={check} />
      </p>
      <p>
        <CheckLine check={check} />
      </p>
      {check.gravest.length > 0 && (
        <ul className="flex flex-col gap-1.5">
          {check.gravest.map((finding) => (
            <li key={finding.id} className="flex min-w-0 flex-wrap items-baseline gap-x-2">
              <SeverityBadge severity={finding.severity} />
              <RuleTitle rule={finding.rule} />
              <FindingPlace finding={finding} />
            </li>
          ))}
        </ul>
      )}
      <Link href={paths.imageCheck(region, imageId)} className="w-fit rounded-sm font-medium text-accent underline">
        {t('toReport')}
      </Link>
      <CheckWatch region={region} imageId={imageId} check={check} />
    </section>
  )
}
