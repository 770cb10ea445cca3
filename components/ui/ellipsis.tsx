'use client'

import { type KeyboardEvent, type ReactNode, type RefCallback, useRef, useState } from 'react'
import { classNames } from './class-names'

type EllipsisProps = {
  text: string
  /** `one`: a name, one line in a table and two in a card. `two`: a sentence. */
  lines?: 'one' | 'two'
  className?: string
  /** Renders the text, for example as a link, with this class and ref. */
  children?: (shown: { className: string; ref: RefCallback<HTMLElement> }) => ReactNode
}

/** A text with an ellipsis if it does not fit. Its full text shows on hover and focus, until Escape. */
export function Ellipsis({ text, lines = 'one', className, children }: EllipsisProps) {
  const element = useRef<HTMLElement>(null)
  const [isWhole, setWhole] = useState(false)
  const ref: RefCallback<HTMLElement> = (node) => {
    element.current = node
  }
  const show = () => {
    const shown = element.current
    if (!shown) return
    setWhole(shown.scrollWidth > shown.clientWidth || shown.scrollHeight > shown.clientHeight)
  }
  const hide = () => setWhole(false)
  const onKeyDown = (event: KeyboardEvent) => event.key === 'Escape' && hide()
  const shown = { className: lines === 'one' ? 'ellipsis' : 'ellipsis-lines', ref }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it listens to events of the link or text inside.
    <span
      className={classNames('relative block min-w-0', className)}
      onPointerEnter={show}
      onPointerLeave={hide}
      onFocus={show}
      onBlur={hide}
      onKeyDown={onKeyDown}
    >
      {children ? children(shown) : <span {...shown}>{text}</span>}
      {isWhole && (
        <span
          aria-hidden
          className="absolute top-full -left-2 z-20 w-max max-w-[min(32rem,60vw)] whitespace-normal rounded-control border border-line bg-surface-float px-2 py-1 font-normal text-ink text-xs shadow-float [overflow-wrap:anywhere]"
        >
          {text}
        </span>
      )}
    </span>
  )
}
