'use client'

import { useTranslations } from 'next-intl'
import type { ViewedInstance } from './console-panel'

/** Shown instead of a view while its machine is off. */
export function WhileOff({ instance }: { instance: ViewedInstance }) {
  const t = useTranslations()
  const state = t(`instanceStates.${instance.state}`)
  return (
    <p role="status" className="min-h-8 text-ink-muted text-sm">
      {t('views.off', { state })}
    </p>
  )
}
