'use client'

import { useTranslations } from 'next-intl'
import { Badge, type Tone } from '@/components/ui/badge'
import { type InstanceStateName, type InstanceTaskName, isInstanceInMotion } from '@/lib/instances/rules'

const tones: Record<InstanceStateName, Tone> = {
  creating: 'accent',
  running: 'ok',
  paused: 'warn',
  stopping: 'warn',
  stopped: 'neutral',
  failed: 'danger',
  unknown: 'danger',
  terminating: 'warn',
  terminated: 'neutral',
}

type InInstanceState = { state: InstanceStateName; task: InstanceTaskName | null }

/** The one place where a state gets its colour and its word. While the host is busy with it, it says with what. */
export function InstanceState({ state, task }: InInstanceState) {
  const t = useTranslations()
  return (
    <Badge tone={task === null ? tones[state] : 'accent'} isMoving={isInstanceInMotion({ state, task })}>
      {task === null ? t(`instanceStates.${state}`) : t(`instanceTasks.${task}`)}
    </Badge>
  )
}
