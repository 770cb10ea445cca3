import type { ReactNode } from 'react'
import { classNames } from './class-names'

export type Tone = 'neutral' | 'ok' | 'warn' | 'danger' | 'accent'

const tones: Record<Tone, string> = {
  neutral: 'bg-surface-muted text-ink-muted',
  ok: 'bg-ok-soft text-ok',
  warn: 'bg-warn-soft text-warn',
  danger: 'bg-danger-soft text-danger',
  accent: 'bg-accent-soft text-accent',
}

/** A state with a dot and a word, so that colour is never the only sign. */
export function Badge({ tone, isMoving = false, children }: { tone: Tone; isMoving?: boolean; children: ReactNode }) {
  return (
    <span
      className={classNames(
        'inline-flex h-5 shrink-0 items-center gap-1.5 whitespace-nowrap rounded-full border border-transparent px-2 font-medium text-xs',
        tones[tone],
      )}
    >
      <span
        aria-hidden
        className={classNames(
          'size-1.5 rounded-full bg-current forced-color-adjust-none',
          isMoving && 'animate-pulse-soft',
        )}
      />
      {/* In its own element: browser translation replaces text nodes, which React could not update afterwards. */}
      <span>{children}</span>
    </span>
  )
}
