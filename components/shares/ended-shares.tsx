'use client'

import { useQuery } from '@tanstack/react-query'
import { Info, X } from 'lucide-react'
import { useFormatter, useNow, useTranslations } from 'next-intl'
import { useEffect, useRef, useState } from 'react'
import { endedSharesQuery } from '@/lib/shares/queries'
import type { EndedShare } from '@/lib/shares/schema'

/** As many as an image has recipients: more than that can hardly go while a page is open. */
const shownMax = 20

type EndedSharesProps = {
  /** The shares on the page now. One that goes from here has perhaps ended. */
  shareIds: string[]
  /** What this page has ended itself is no news. */
  endedHere: ReadonlySet<string>
}

/** Says who ended a share whose row goes while the page is open, and when. A row that only moved to another page is not told. */
export function EndedShares({ shareIds, endedHere }: EndedSharesProps) {
  const t = useTranslations('ended')
  const textOf = useEndedText()
  const gone = useGone(shareIds)
  const [dismissed, setDismissed] = useState<string[]>([])
  const { data = [] } = useQuery({ ...endedSharesQuery(gone), enabled: gone.length > 0, placeholderData: (old) => old })
  const told = data.filter(({ shareId }) => !endedHere.has(shareId) && !dismissed.includes(shareId))
  return (
    <div role="status">
      {told.length > 0 && (
        <ul className="flex flex-col divide-y divide-line border-line border-t">
          {told.map((ended) => (
            <li key={ended.shareId} className="flex items-start gap-2 bg-surface-muted px-4 py-2 text-sm">
              <Info aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-muted" />
              <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">{textOf(ended)}</span>
              <button
                type="button"
                aria-label={t('dismiss', { image: ended.image, other: ended.other })}
                onClick={() => setDismissed((before) => [...before, ended.shareId])}
                className="inline-flex size-6 shrink-0 items-center justify-center rounded-control hover:bg-surface-hover"
              >
                <X aria-hidden className="size-3.5" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** Who ended a share and when, for the side that reads it: the hour alone on the same day. */
export function useEndedText(): (ended: EndedShare) => string {
  const t = useTranslations('ended')
  const format = useFormatter()
  const now = useNow()
  return ({ viewer, by, image, other, at }) => {
    const moment = new Date(at)
    const day = (date: Date) => format.dateTime(date, { dateStyle: 'short' })
    const isToday = day(moment) === day(now)
    const time = format.dateTime(moment, isToday ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' })
    return t(`${viewer}.${by}`, { image, other, time })
  }
}

/** The shares that were on the page and are not any more, the last ones first. */
function useGone(shareIds: string[]): string[] {
  const before = useRef(shareIds)
  const [gone, setGone] = useState<string[]>([])
  const now = shareIds.join()
  useEffect(() => {
    const ids = now === '' ? [] : now.split(',')
    const went = before.current.filter((id) => !ids.includes(id))
    before.current = ids
    if (went.length > 0) setGone((known) => [...new Set([...went, ...known])].slice(0, shownMax))
  }, [now])
  return gone
}
