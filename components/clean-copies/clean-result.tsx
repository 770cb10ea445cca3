import Link from 'next/link'
import { useFormatter, useTranslations } from 'next-intl'
import { Card } from '@/components/ui/card'
import { severityNames, totalOf } from '@/lib/checks/rules'
import type { CheckSummary } from '@/lib/checks/schema'
import type { CleanCopy } from '@/lib/clean-copies/schema'
import { paths } from '@/lib/paths'

type CleanResultProps = { clean: CleanCopy; check: CheckSummary }

/** On a clean copy's report: the original's findings beside its own, and what was removed. */
export function CleanResult({ clean, check }: CleanResultProps) {
  const t = useTranslations('clean')
  const { of, before, dealtWith } = clean
  return (
    <Card
      title={t('resultTitle')}
      line={
        of.name === null ? (
          t('resultGone', { id: of.id })
        ) : (
          <Link href={paths.imageCheck(of.region, of.id)} className="text-accent hover:underline">
            {t('resultLine', { name: of.name })}
          </Link>
        )
      }
    >
      <div className="flex flex-col gap-3 p-4">
        <Comparison before={before} check={check} />
        {dealtWith.length > 0 ? (
          <details className="text-sm">
            <summary className="w-fit cursor-pointer rounded-sm text-accent">
              {t('dealtWith', { count: dealtWith.length })}
            </summary>
            <ul className="mt-2 flex flex-col gap-1">
              {dealtWith.map(({ rule, path, remedy }) => (
                <li key={`${rule} ${path}`} className="[overflow-wrap:anywhere]">
                  {path === '' ? t('inNoFile') : <span className="font-mono text-xs">/{path}</span>}{' '}
                  <span className="text-ink-muted text-xs">{t('dealt', { remedy })}</span>
                </li>
              ))}
            </ul>
          </details>
        ) : (
          <p className="text-sm">{t('dealtWith', { count: 0 })}</p>
        )}
        {clean.isReset && <p className="text-ink-muted text-sm">{t('wasReset')}</p>}
      </div>
    </Card>
  )
}

function Comparison({ before, check }: { before: CleanCopy['before']; check: CheckSummary }) {
  const t = useTranslations('clean')
  const severity = useTranslations('check.severities')
  const format = useFormatter()
  const isKnown = check.state === 'clean' || check.state === 'findings'
  const waiting = check.state === 'running' ? t('checking') : t('unchecked')
  const after = (count: number) => (isKnown ? format.number(count) : waiting)
  const cell = 'border-line border-t py-1.5 text-right tabular-nums'
  return (
    <table className="w-full max-w-[560px] text-sm">
      <caption className="sr-only">{t('resultTitle')}</caption>
      <thead>
        <tr className="text-ink-muted text-xs">
          <th scope="col" className="py-1.5 text-left font-medium">
            {t('severity')}
          </th>
          <th scope="col" className="py-1.5 text-right font-medium">
            {t('before')}
          </th>
          <th scope="col" className="py-1.5 text-right font-medium">
            {t('after')}
          </th>
        </tr>
      </thead>
      <tbody>
        {severityNames.map((name) => (
          <tr key={name}>
            <th scope="row" className="border-line border-t py-1.5 text-left font-normal">
              {severity(name)}
            </th>
            <td className={cell}>{format.number(before[name])}</td>
            <td className={cell}>{after(check.open[name])}</td>
          </tr>
        ))}
        <tr className="font-semibold">
          <th scope="row" className="border-line border-t py-1.5 text-left">
            {t('total')}
          </th>
          <td className={cell}>{format.number(totalOf(before))}</td>
          <td className={cell}>{after(totalOf(check.open) + check.ignored)}</td>
        </tr>
      </tbody>
    </table>
  )
}
