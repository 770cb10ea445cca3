import { Shield } from 'lucide'
import { useTranslations } from 'next-intl'
import { Icon } from '@/components/ui/icon'
import type { CustomImage } from '@/lib/images/schema'

const tones = {
  running: 'text-ink-muted animate-pulse-soft',
  clean: 'text-ok',
  findings: 'text-danger',
  unchecked: 'text-warn',
  failed: 'text-warn',
}

/** The verdict on an own image's disk as a small icon beside its name, with a tooltip and text for screen readers. */
export function CheckShield({ verdict, findings }: Pick<CustomImage, 'verdict' | 'findings'>) {
  const t = useTranslations('check')
  if (verdict === null) return null
  const isAnsweredFor = verdict === 'findings' && findings === 0
  const words = t('shield', { verdict: isAnsweredFor ? 'ignored' : verdict, findings })
  return (
    <span title={words} className={`shrink-0 ${isAnsweredFor ? 'text-ink-muted' : tones[verdict]}`}>
      <Icon of={Shield} className="size-3.5" />
      <span className="sr-only">{words}</span>
    </span>
  )
}
