'use client'

import { useTranslations } from 'next-intl'
import { Badge, type Tone } from '@/components/ui/badge'
import { isBeingMade, type SnapshotStateName } from '@/lib/snapshots/rules'
import type { SnapshotItem } from '@/lib/snapshots/schema'

const tones: Record<SnapshotStateName, Tone> = { creating: 'accent', available: 'ok', failed: 'danger' }

/** The state and consistency of a snapshot: the only place that gives its states a colour and a word. */
export function SnapshotState({ snapshot: { state, consistency } }: { snapshot: SnapshotItem }) {
  const t = useTranslations()
  return (
    <span className="flex min-w-0 flex-col gap-0.5">
      <span className="flex">
        <Badge tone={tones[state]} isMoving={isBeingMade(state)}>
          {t(`snapshotStates.${state}`)}
        </Badge>
      </span>
      {consistency && <span className="text-ink-muted text-xs">{t(`snapshots.consistency.${consistency}`)}</span>}
    </span>
  )
}

/** The failure of a snapshot under its name, in full, because snapshots have no page of their own. */
export function SnapshotFailure({ failure }: { failure: NonNullable<SnapshotItem['failure']> }) {
  const t = useTranslations('snapshotFailures')
  return <p className="text-danger text-xs">{t(failure.code)}</p>
}
