import { useTranslations } from 'next-intl'
import { Badge, type Tone } from '@/components/ui/badge'
import type { CheckStateName, Counts } from '@/lib/checks/rules'

type Verdict = { state: CheckStateName | null; open: Counts; isQueued: boolean }

/** The verdict on a disk as a badge: the only place that gives verdicts a colour and a word. */
export function CheckBadge({ check }: { check: Verdict }) {
  const t = useTranslations('check')
  const { state } = check
  if (state === null) return <Badge tone="neutral">{t('verdicts.none')}</Badge>
  return (
    <Badge tone={toneOf(check)} isMoving={state === 'running'}>
      {t(`verdicts.${state}`)}
    </Badge>
  )
}

function toneOf({ state, open }: Verdict): Tone {
  if (state === 'clean') return 'ok'
  if (state === 'running') return 'accent'
  if (state !== 'findings') return 'warn'
  if (open.critical + open.high > 0) return 'danger'
  return open.medium + open.low > 0 ? 'warn' : 'ok'
}
