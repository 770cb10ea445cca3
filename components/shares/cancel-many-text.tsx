'use client'

import type { ListedShare, ShareListTab } from '@/lib/shares/schema-list'
import { useCancelManyWords } from './cancel-many-words'

/** Who loses which image when these shares are cancelled, and what that does not change. */
export function CancelManyText({ shares, tab }: { shares: ListedShare[]; tab: ShareListTab }) {
  const { who, rows, consequences } = useCancelManyWords(shares, tab)
  return (
    <>
      <p>{who}</p>
      <ul className="flex list-disc flex-col gap-1 rounded-control bg-surface-muted py-2 pr-3 pl-7 [overflow-wrap:anywhere]">
        {rows.map(({ id, text }) => (
          <li key={id}>{text}</li>
        ))}
      </ul>
      {consequences.map((consequence) => (
        <p key={consequence}>{consequence}</p>
      ))}
    </>
  )
}
