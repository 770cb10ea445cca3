import { useTranslations } from 'next-intl'
import type { FindingItem } from '@/lib/checks/schema'

/** The place of a finding: a path and line, or an offset on the disk. A path may be long and break anywhere. */
export function FindingPlace({ finding }: { finding: Pick<FindingItem, 'path' | 'line' | 'offset' | 'partition'> }) {
  const t = useTranslations('check')
  const { path, line, offset, partition } = finding
  if (path === '') return <span>{t('place.offset', { offset: offset ?? 0, partition: partition + 1 })}</span>
  return (
    <span className="font-mono text-xs [overflow-wrap:anywhere]">
      /{path}
      {line !== null && <span className="text-ink-muted">:{line}</span>}
    </span>
  )
}
