'use client'

import { useFormatter, useTranslations } from 'next-intl'
import { useCurrentRegion } from '@/components/shell/current-region'
import { useMay } from '@/components/shell/rights'
import type { MenuItem } from '@/components/ui/menu-items'
import { canInstance, instanceCan } from '@/lib/instances/rules'
import type { InstanceItem } from '@/lib/instances/schema'
import { paths } from '@/lib/paths'
import { type InstanceTask, rightOf } from './instance-tasks'

/** Why a task cannot be done with an instance now, as a sentence built from the table of states; null if it can. */
export function useOperationReason(): (task: InstanceTask, instance: InstanceItem) => string | null {
  const t = useTranslations()
  const format = useFormatter()
  return (task, instance) => {
    const right = rightOf[task]
    if (canInstance(right, instance)) {
      if (task === 'terminate' && instance.isProtected) return t('instanceOperations.isProtected')
      return task === 'rebuild' && !instance.canRebuild ? t('instanceOperations.imageGone') : null
    }
    const fits = instanceCan[right].some((state) => state === instance.state)
    if (fits && instance.task) return t('instanceOperations.busy', { task: t(`instanceTasks.${instance.task}`) })
    const words = instanceCan[right].map((state) => t(`instanceStates.${state}`))
    return t('instanceOperations.onlyIn', { states: format.list(words, { type: 'disjunction' }) })
  }
}

export type InstanceItemOperation = {
  task: InstanceTask
  label: string
  reason: string | null
  isDangerous: boolean
}

/** The operations on an instance, in the order of the menu. */
export function useInstanceOperations(instance: InstanceItem): InstanceItemOperation[] {
  const t = useTranslations('instanceOperations')
  const reasonOf = useOperationReason()
  const may = useMay()
  const { region } = useCurrentRegion()
  const tasks: InstanceTask[] = [
    'start',
    'stop',
    'restart',
    'forceStop',
    'rebuild',
    'createSnapshot',
    'createImage',
    'restore',
    'changeType',
    'rename',
    instance.isProtected ? 'unprotect' : 'protect',
    'terminate',
  ]
  const allowed = tasks.filter((task) => task !== 'createImage' || may('images.change', region))
  return allowed.map((task) => ({
    task,
    label: t(task),
    reason: reasonOf(task, instance),
    isDangerous: task === 'forceStop' || task === 'rebuild' || task === 'restore' || task === 'terminate',
  }))
}

/** An operation as a menu item. Renaming and changing the type are links to pages; the others open a dialog here. */
export function toMenuItem(
  { task, label, reason, isDangerous }: InstanceItemOperation,
  { region, instanceId, onAsk }: { region: string; instanceId: string; onAsk: (task: InstanceTask) => void },
): MenuItem {
  const page = paths.instanceTask(region, instanceId, task)
  if (reason === null && (task === 'rename' || task === 'changeType')) return { kind: 'link', label, href: page }
  return { kind: 'action', label, isDangerous, page, disabledReason: reason, onSelect: () => onAsk(task) }
}
