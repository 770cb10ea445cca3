'use client'

import { useTranslations } from 'next-intl'
import type { PageStatus } from '@/lib/page-status'
import { paths } from '@/lib/paths'

const linkClass = 'shrink-0 font-medium underline underline-offset-2'

/** How to fix a page status: sign in again, or reload. */
export function PageStatusAction({ status }: { status: PageStatus }) {
  const t = useTranslations('pageStatus')
  if (status.code === 'OFFLINE') return null
  if (status.code === 'SIGNED_OUT')
    return (
      <a href={paths.signIn()} target="_blank" rel="noreferrer" className={linkClass}>
        {t('signInAgain')}
      </a>
    )
  return (
    // biome-ignore lint/a11y/useValidAnchor: an empty address reloads the page, also without scripts.
    <a href="" className={linkClass}>
      {t('reload')}
    </a>
  )
}
