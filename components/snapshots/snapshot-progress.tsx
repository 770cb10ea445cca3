'use client'

import { useTranslations } from 'next-intl'
import { ProgressBar } from '@/components/ui/progress-bar'
import { percentMade } from '@/lib/snapshots/rules'
import type { SnapshotItem } from '@/lib/snapshots/schema'

/** The progress of a snapshot that is being written. */
export function SnapshotProgress({ snapshot }: { snapshot: SnapshotItem }) {
  const t = useTranslations('snapshots')
  const percent = percentMade(snapshot)
  const words = percent === null ? t('beginning') : t('percent', { percent })
  return (
    <span className="flex min-w-24 flex-col gap-1">
      <ProgressBar label={`${words}, ${snapshot.name}`} done={snapshot.doneBytes} max={snapshot.totalBytes} />
      <span className="text-ink-muted text-xs tabular-nums">{words}</span>
    </span>
  )
}
