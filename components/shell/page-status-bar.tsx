'use client'

import { useQueryClient } from '@tanstack/react-query'
import { CircleAlert } from 'lucide'
import { useTranslations } from 'next-intl'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { Icon } from '@/components/ui/icon'
import { fetchJson } from '@/lib/fetch-json'
import { isReadOnly, noteAnswer, noteReadOnly, pageStatus, subscribePageStatus } from '@/lib/page-status'
import { paths } from '@/lib/paths'
import { PageStatusAction } from './page-status-action'

const lookMs = 4_000

/**
 * The only place that says why a page cannot continue (signed out, another account, a new build, offline), or that the
 * console is read-only. The page below keeps its input and continues afterwards.
 */
export function PageStatusBar({ wasReadOnly }: { wasReadOnly: boolean }) {
  const t = useTranslations()
  const { status, readOnly } = usePageStatus(wasReadOnly)
  return (
    // At the bottom of the window it covers the end of the page, so nothing moves when it appears.
    <div role="alert" className="sticky bottom-0 z-20">
      {(status || readOnly) && (
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 border-warn border-t bg-warn-soft px-4 py-2 text-sm md:px-6">
          <Icon of={CircleAlert} className="size-4 shrink-0 text-warn" />
          <span className="min-w-0 flex-1 basis-60">
            {status
              ? t(`refusals.${status.code}`, { username: 'username' in status ? status.username : '' })
              : t('pageStatus.readOnly')}
          </span>
          {status && <PageStatusAction status={status} />}
        </p>
      )}
    </div>
  )
}

function usePageStatus(wasReadOnly: boolean) {
  const client = useQueryClient()
  const [atFirst] = useState(() => {
    // Only in the browser: during server rendering the module is shared between requests.
    if (typeof window !== 'undefined') noteReadOnly(wasReadOnly)
    return wasReadOnly
  })
  const status = useSyncExternalStore(subscribePageStatus, pageStatus, () => null)
  const readOnly = useSyncExternalStore(subscribePageStatus, isReadOnly, () => atFirst)
  const isWell = status === null && !readOnly
  const wasWell = useRef(true)
  useEffect(() => {
    // Refetch what was refused in the meantime.
    if (isWell && !wasWell.current) void client.invalidateQueries()
    wasWell.current = isWell
    const look = () => {
      if (document.visibilityState === 'visible') void fetchJson(paths.api.pageStatus()).catch(() => null)
    }
    // While a tab was in the background, another account may have signed in, or the build changed.
    const timer = isWell ? undefined : setInterval(look, lookMs)
    const offline = () => noteAnswer({ code: 'OFFLINE' })
    window.addEventListener('focus', look)
    window.addEventListener('online', look)
    window.addEventListener('offline', offline)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      window.removeEventListener('focus', look)
      window.removeEventListener('online', look)
      window.removeEventListener('offline', offline)
      document.removeEventListener('visibilitychange', look)
    }
  }, [isWell, client])
  return { status, readOnly }
}
