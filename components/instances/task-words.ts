'use client'

import { useTranslations } from 'next-intl'
import type { AskedTask } from './instance-tasks'

/** The consequences of a task on an instance, for its dialog and for its page. */
export function useTaskWords(task: AskedTask, instance: { name: string; image: { name: string } }): string[] {
  const t = useTranslations('instanceDialog')
  switch (task) {
    case 'stop':
      return [t('stop.text1'), t('stop.text2'), t('stop.text3')]
    case 'forceStop':
      return [t('forceStop.text1'), t('forceStop.text2')]
    case 'restart':
      return [t('restart.text1')]
    case 'rebuild':
      return [t('rebuild.text1', { image: instance.image.name }), t('rebuild.text2')]
    case 'terminate':
      return [t('terminate.text1'), t('terminate.text2')]
  }
}
