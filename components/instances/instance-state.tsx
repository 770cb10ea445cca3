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

/** The state of an instance, or the task that its host is working on: the only place that gives them a colour and a word. */
export function InstanceState({ state, task }: InInstanceState) {
  const t = useTranslations()
  return (
    <Badge tone={task === null ? tones[state] : 'accent'} isMoving={isInstanceInMotion({ state, task })}>
      {task === null ? t(`instanceStates.${state}`) : t(`instanceTasks.${task}`)}
    </Badge>
  )
}
