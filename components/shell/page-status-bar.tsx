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
 * console is read-only. The page below keeps its input and continues by itself afterwards.
 */
export function PageStatusBar({ wasReadOnly }: { wasReadOnly: boolean }) {
  const t = useTranslations()
  const { status, readOnly } = usePageStatus(wasReadOnly)
  return (
    // At the foot of the window it takes its room from the end of the page: nothing that is being read moves when it comes.
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
    // Refetches what was refused meanwhile.
    if (isWell && !wasWell.current) void client.invalidateQueries()
    wasWell.current = isWell
    const look = () => {
      if (document.visibilityState === 'visible') void fetchJson(paths.api.pageStatus()).catch(() => null)
    }
    // A tab that is come back to may have been left by another account, or by an older build.
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
