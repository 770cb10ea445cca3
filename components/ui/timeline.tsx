'use client'

import { useFormatter } from 'next-intl'
import type { ReactNode } from 'react'

/** Something that happened, and when: an item of an ordered list. */
export function TimelineItem({ at, children }: { at: string; children: ReactNode }) {
  const format = useFormatter()
  return (
    <li className="relative border-line border-l pb-3 pl-4 last:border-transparent last:pb-0">
      <span
        aria-hidden
        className="absolute top-1.5 -left-[4.5px] size-2 rounded-full border border-transparent bg-line-strong ring-4 ring-surface-raised"
      />
      {children}
      <time dateTime={at} className="text-ink-muted text-xs tabular-nums">
        {format.dateTime(new Date(at), { dateStyle: 'medium', timeStyle: 'medium' })}
      </time>
    </li>
  )
}
