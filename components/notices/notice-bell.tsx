'use client'

import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { unreadQuery } from '@/lib/notices/queries'
import { paths } from '@/lib/paths'
import { useChanges } from '@/lib/streams/use-changes'

/**
 * The bell of the top bar, with the number of unread notices. It also opens the page's stream of changes, because it is on every
 * page; a separate component would add a script.
 */
export function NoticeBell({ icon }: { icon: ReactNode }) {
  const t = useTranslations('notices')
  useChanges()
  const { data } = useQuery(unreadQuery())
  const { unread = 0, isMore = false } = data ?? {}
  const label = unread > 0 ? t('bell', { count: unread, more: isMore ? 'yes' : 'no' }) : t('title')
  return (
    <Link href={paths.notices()} aria-label={label} title={label} className="bar-button relative">
      {icon}
      {unread > 0 && (
        <span
          aria-hidden
          className="absolute top-0 right-0 inline-flex h-4 min-w-4 items-center justify-center rounded-full border border-transparent bg-accent px-1 font-medium text-on-accent text-xs tabular-nums"
        >
          {isMore ? `${unread}+` : unread}
        </span>
      )}
    </Link>
  )
}
