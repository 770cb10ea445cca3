'use client'

import { useTranslations } from 'next-intl'
import { Button } from '@/components/ui/button'
import type { ViewState } from '@/lib/viewers/connection'

type ViewStatusProps = { state: ViewState; onConnect: (isTakeOver: boolean) => void }

/** The state of a view's connection, with a button to connect again. */
export function ViewStatus({ state, onConnect }: ViewStatusProps) {
  const t = useTranslations('views')
  const isStopped = state.phase === 'stopped'
  return (
    <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2 text-sm">
      <p role="status" className="min-w-0 text-ink-muted [overflow-wrap:anywhere]">
        {isStopped
          ? t(`stops.${state.why}`)
          : state.phase === 'open'
            ? t('open', { viewers: state.viewers })
            : t(state.phase)}
      </p>
      {isStopped && state.why === 'FULL' && (
        <Button kind="secondary" onClick={() => onConnect(true)}>
          {t('takeOver')}
        </Button>
      )}
      {isStopped && state.why !== 'SIGNED_OUT' && state.why !== 'GONE' && (
        <Button kind="secondary" onClick={() => onConnect(false)}>
          {t('connect')}
        </Button>
      )}
    </div>
  )
}
