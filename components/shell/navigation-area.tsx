'use client'

import { usePathname, useSearchParams } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type ReactNode, useEffect, useState } from 'react'
import { classNames } from '@/components/ui/class-names'
import { noteAnswer } from '@/lib/page-status'
import { onNavigation } from './navigation'

// A navigation faster than this shows no indicator.
const patienceMs = 150
// If no end event comes, the indicator disappears after this.
const longestMs = 20_000

/**
 * The page with its navigation indicator: a line under the top bar, dimming and `aria-busy`. Offline it requests no page,
 * because the browser would replace the console with its error page.
 */
export function NavigationArea({ children }: { children: ReactNode }) {
  const t = useTranslations('shell')
  const [isComing, setComing] = useState(false)
  const pathname = usePathname()
  const search = useSearchParams()
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed address means that the page has arrived.
  useEffect(() => setComing(false), [pathname, search])
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const end = () => {
      clearTimeout(timer)
      setComing(false)
    }
    const begin = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        setComing(true)
        timer = setTimeout(end, longestMs)
      }, patienceMs)
    }
    const forget = onNavigation({ begin, end, offline: () => noteAnswer({ code: 'OFFLINE' }) })
    return () => {
      clearTimeout(timer)
      forget()
    }
  }, [])
  return (
    <div className="min-w-0 flex-1" aria-busy={isComing}>
      <p role="status" className="sr-only">
        {isComing && t('coming')}
      </p>
      {isComing && <div aria-hidden className="fixed inset-x-0 top-12 z-30 h-0.5 animate-coming bg-accent" />}
      <div className={classNames('transition-opacity duration-150', isComing && 'opacity-60')}>{children}</div>
    </div>
  )
}
