import { useFormatter, useNow, useTranslations } from 'next-intl'
import { percentChecked } from '@/lib/checks/rules'
import type { CheckSummary } from '@/lib/checks/schema'

/** The outcome of a check in a sentence or two. */
export function CheckLine({ check }: { check: CheckSummary }) {
  const t = useTranslations('check')
  const format = useFormatter()
  const now = useNow()
  const { state, open, reason, ignored, checkedAt } = check
  const percent = check.isQueued ? percentChecked(check) : null
  const when = checkedAt ? format.relativeTime(new Date(checkedAt), now) : ''
  const sentences = [
    state === null && t('line.none'),
    state === 'running' && (percent === null ? t('line.running') : t('line.runningAt', { percent })),
    state === 'clean' && t('line.clean', { when }),
    state === 'findings' && t('line.findings', { ...open, when }),
    state === 'unchecked' && t('line.unchecked', { reason: reason ?? 'other' }),
    state === 'failed' && t('line.failed'),
    ignored > 0 && t('line.ignored', { ignored }),
    state === 'findings' && reason !== null && t('line.partly', { reason }),
    state !== null && state !== 'running' && check.isQueued && t('line.again'),
  ]
  return <>{sentences.filter((sentence) => sentence !== false).join(' ')}</>
}
