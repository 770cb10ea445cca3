import type { ReactNode } from 'react'

/** A small drawing, one sentence, the one next step. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <svg
        aria-hidden="true"
        viewBox="0 0 64 48"
        className="h-12 w-16 text-line-strong"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
      >
        <rect x="8" y="14" width="40" height="26" rx="4" />
        <rect x="16" y="8" width="40" height="26" rx="4" className="fill-surface-raised" />
        <circle cx="36" cy="21" r="6.5" />
        <circle cx="36" cy="21" r="1.5" />
        <path d="M22 29h6M46 29h4" strokeLinecap="round" />
      </svg>
      <p className="font-medium text-md">{title}</p>
      <div className="max-w-[60ch] text-ink-muted text-sm [overflow-wrap:anywhere]">{children}</div>
    </div>
  )
}
