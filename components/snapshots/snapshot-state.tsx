'use client'

import { useTranslations } from 'next-intl'
import { Badge, type Tone } from '@/components/ui/badge'
import { Ellipsis } from '@/components/ui/ellipsis'
import { ProgressBar } from '@/components/ui/progress-bar'
import { isBeingMade, percentMade, type SnapshotStateName } from '@/lib/snapshots/rules'
import type { SnapshotItem } from '@/lib/snapshots/schema'

const tones: Record<SnapshotStateName, Tone> = { creating: 'accent', available: 'ok', failed: 'danger' }

/** The one place where a state of a snapshot gets its colour and its word, with what there is to say of it. */
export function SnapshotState({ snapshot: { state, failure, consistency } }: { snapshot: SnapshotItem }) {
  const t = useTranslations()
  return (
    <span className="flex min-w-0 flex-col gap-0.5">
      <span className="flex">
        <Badge tone={tones[state]} isMoving={isBeingMade(state)}>
          {t(`snapshotStates.${state}`)}
        </Badge>
      </span>
      {failure && (
        <Ellipsis
          text={t(`snapshotFailures.${failure.code}`)}
          lines="two"
          className="@min-[794px]/table-room:max-w-52 text-danger text-xs"
        />
      )}
      {consistency && <span className="text-ink-muted text-xs">{t(`snapshots.consistency.${consistency}`)}</span>}
    </span>
  )
}

/** How far a snapshot has come that is being made. */
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
