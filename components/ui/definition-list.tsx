import type { ReactNode } from 'react'

export type Definition = { term: string; value: ReactNode }

/** Names and values in two columns; one below the other on a phone. */
export function DefinitionList({ items }: { items: Definition[] }) {
  return (
    <dl className="grid gap-x-8 px-4 py-2 lg:grid-cols-2">
      {items.map((item) => (
        <div
          key={item.term}
          className="grid grid-cols-[minmax(96px,144px)_minmax(0,1fr)] max-sm:grid-cols-[96px_minmax(0,1fr)] gap-3 py-1.5"
        >
          <dt className="text-ink-muted">{item.term}</dt>
          <dd className="min-w-0 [overflow-wrap:anywhere]">{item.value}</dd>
        </div>
      ))}
    </dl>
  )
}
