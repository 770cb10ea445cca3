import { type ReactNode, useId } from 'react'

/** A titled part of a page. */
export function Card({
  title,
  line,
  action,
  children,
}: {
  title: string
  line?: ReactNode
  action?: ReactNode
  children: ReactNode
}) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="min-w-0 rounded-card border border-line bg-surface-raised">
      <header className="flex min-h-12 flex-wrap items-center justify-between gap-x-4 gap-y-1 border-line border-b px-4 py-2">
        <div className="min-w-0 flex-1 basis-64">
          <h2 id={id} className="font-semibold text-lg [overflow-wrap:anywhere]">
            {title}
          </h2>
          {line && <p className="text-ink-muted text-xs [overflow-wrap:anywhere]">{line}</p>}
        </div>
        {action}
      </header>
      {children}
    </section>
  )
}
