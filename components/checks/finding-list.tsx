import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { severityNames } from '@/lib/checks/rules'
import type { CheckReportPage, FindingItem } from '@/lib/checks/schema'
import { paths } from '@/lib/paths'
import { FindingCard } from './finding-card'
import { useRuleWords } from './rule-title'
import { SeverityBadge } from './severity-badge'

export type ReportList = {
  severity?: string | undefined
  rule?: string | undefined
  ignored?: string | undefined
  sort: string
  page: number
}
type FindingListProps = { region: string; report: CheckReportPage; list: ReportList }

/** The findings, sorted by severity and rule or by path, as the URL says. */
export function FindingList({ region, report, list }: FindingListProps) {
  const t = useTranslations('check')
  const { image, items, total, pageSize, check } = report
  const pages = Math.ceil(total / pageSize)
  const to = (page: number) => paths.imageCheck(region, image.id, { ...list, page: page > 1 ? page : undefined })
  const isNothing = report.rules.length === 0
  if (isNothing)
    return (
      <Card title={t('findings')}>
        <p className="p-4 text-ink-muted">{t(check.state === 'clean' ? 'nothingFound' : 'nothingListed')}</p>
      </Card>
    )
  return (
    <Card title={t('findings')}>
      <Filters region={region} report={report} list={list} />
      {items.length === 0 && <p className="p-4 text-ink-muted">{t('nothingMatches')}</p>}
      {groupsOf(items, list.sort).map(([first, ...others]) => (
        <FindingGroup key={first.id} region={region} imageId={image.id} findings={[first, ...others]} />
      ))}
      {check.beyond > 0 && (
        <p className="border-line border-t px-4 py-3 text-ink-muted">{t('beyond', { beyond: check.beyond })}</p>
      )}
      {pages > 1 && (
        <nav aria-label={t('pages')} className="flex items-center gap-3 border-line border-t px-4 py-3 text-sm">
          {list.page > 1 && (
            <Link href={to(list.page - 1)} className={buttonClass('secondary')}>
              {t('previous')}
            </Link>
          )}
          <span className="text-ink-muted">{t('page', { page: list.page, pages })}</span>
          {list.page < pages && (
            <Link href={to(list.page + 1)} className={buttonClass('secondary')}>
              {t('next')}
            </Link>
          )}
        </nav>
      )}
    </Card>
  )
}

function Filters({ region, report, list }: FindingListProps) {
  const t = useTranslations('check')
  const titleOf = useRuleWords()
  const href = (changed: Partial<ReportList>) =>
    paths.imageCheck(region, report.image.id, { ...list, ...changed, page: undefined })
  const choice = (label: string, isOn: boolean, changed: Partial<ReportList>) => (
    <Link
      key={label}
      href={href(changed)}
      aria-current={isOn ? 'true' : undefined}
      className="rounded-full border border-line-strong px-2.5 py-0.5 text-xs hover:border-accent aria-[current]:border-accent aria-[current]:bg-accent-soft aria-[current]:text-accent"
    >
      {label}
    </Link>
  )
  const severities = severityNames.filter((name) => report.rules.some(({ severity }) => severity === name))
  return (
    <nav aria-label={t('filters')} className="flex flex-wrap gap-1.5 border-line border-b px-4 py-3">
      {choice(t('all'), !list.severity && !list.rule && !list.ignored, {
        severity: undefined,
        rule: undefined,
        ignored: undefined,
      })}
      {severities.map((severity) => choice(t(`severities.${severity}`), list.severity === severity, { severity }))}
      {report.check.ignored > 0 && choice(t('ignored'), list.ignored === 'yes', { ignored: 'yes' })}
      {list.rule && choice(titleOf(list.rule).title, true, { rule: undefined })}
      <span className="ml-auto flex gap-1.5">
        {choice(t('bySeverity'), list.sort === 'severity', { sort: 'severity' })}
        {choice(t('byPath'), list.sort === 'path', { sort: 'path' })}
      </span>
    </nav>
  )
}

/** Groups adjacent findings of one severity and rule; sorted by path, each finding is its own group. */
function groupsOf(items: FindingItem[], sort: string): [FindingItem, ...FindingItem[]][] {
  const groups: [FindingItem, ...FindingItem[]][] = []
  for (const item of items) {
    const last = groups.at(-1)
    const isSame = last?.[0].rule === item.rule && last[0].severity === item.severity
    if (last && isSame && sort !== 'path') last.push(item)
    else groups.push([item])
  }
  return groups
}

type FindingGroupProps = { region: string; imageId: string; findings: [FindingItem, ...FindingItem[]] }

function FindingGroup({ region, imageId, findings }: FindingGroupProps) {
  const [{ rule, severity }] = findings
  const { title, why, todo } = useRuleWords()(rule)
  return (
    <section className="border-line border-t px-4 py-3 first:border-t-0">
      <h3 className="flex flex-wrap items-center gap-2 font-medium">
        <SeverityBadge severity={severity} />
        {title}
      </h3>
      {why && <p className="mt-1 max-w-[80ch] text-sm">{why}</p>}
      {todo && <p className="mt-1 max-w-[80ch] text-ink-muted text-sm">{todo}</p>}
      <ul className="mt-2 flex flex-col gap-2">
        {findings.map((finding) => (
          <FindingCard key={finding.id} region={region} imageId={imageId} finding={finding} />
        ))}
      </ul>
    </section>
  )
}
