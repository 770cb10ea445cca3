'use client'

import { useQuery } from '@tanstack/react-query'
import { Info, X } from 'lucide'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Icon } from '@/components/ui/icon'
import { endedSharesQuery } from '@/lib/shares/queries'
import { useEndedText } from './ended-text'

type EndedShareListProps = {
  /** Shares whose rows have disappeared. Those that only moved to another page are ignored. */
  gone: string[]
  endedHere: ReadonlySet<string>
}

/** Who ended these shares, and when; each can be dismissed. */
export function EndedShareList({ gone, endedHere }: EndedShareListProps) {
  const t = useTranslations('ended')
  const textOf = useEndedText()
  const [dismissed, setDismissed] = useState<string[]>([])
  const { data = [] } = useQuery({ ...endedSharesQuery(gone), placeholderData: (old) => old })
  const told = data.filter(({ shareId }) => !endedHere.has(shareId) && !dismissed.includes(shareId))
  if (told.length === 0) return null
  return (
    <ul className="flex flex-col divide-y divide-line border-line border-t">
      {told.map((ended) => (
        <li key={ended.shareId} className="flex items-start gap-2 bg-surface-muted px-4 py-2 text-sm">
          <Icon of={Info} className="mt-0.5 size-4 shrink-0 text-ink-muted" />
          <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">{textOf(ended)}</span>
          <button
            type="button"
            aria-label={t('dismiss', { image: ended.image, other: ended.other })}
            onClick={() => setDismissed((before) => [...before, ended.shareId])}
            className="inline-flex size-6 shrink-0 items-center justify-center rounded-control hover:bg-surface-hover"
          >
            <Icon of={X} className="size-3.5" />
          </button>
        </li>
      ))}
    </ul>
  )
}
