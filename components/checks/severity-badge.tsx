import { useTranslations } from 'next-intl'
import { Badge, type Tone } from '@/components/ui/badge'
import type { SeverityName } from '@/lib/checks/rules'

const tones: Record<SeverityName, Tone> = { critical: 'danger', high: 'danger', medium: 'warn', low: 'neutral' }

export function SeverityBadge({ severity }: { severity: SeverityName }) {
  const t = useTranslations('check')
  return <Badge tone={tones[severity]}>{t(`severities.${severity}`)}</Badge>
}
