'use client'

import type { Route } from 'next'
import dynamic from 'next/dynamic'
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react'
import { latePart } from '@/lib/late-part'
import type { MenuItem, Opening } from './menu-items'

// The menu library is larger than the page, so it is loaded when a menu is about to open.
const loadPanel = () => latePart(() => import('./menu-panel'))
const MenuPanel = dynamic(() => loadPanel().then((module) => module.MenuPanel), { ssr: false })

type MenuButtonProps = {
  label: string
  className: string
  align: 'start' | 'end'
  items: MenuItem[]
  header?: ReactNode
  /** Also opens on hover. */
  opensOnHover?: boolean
  /** A page with the same items, opened while there are no scripts. */
  href?: Route
  children: ReactNode
}

/** A click this soon after opening by hover was meant to open it. */
const clickAfterHoverMs = 500
/** The menu waits this long for the pointer to come back. */
const leaveMs = 300

/** A button that opens a menu: by click, by keyboard, and optionally on hover. */
export function MenuButton({
  label,
  className,
  align,
  items,
  header,
  opensOnHover = false,
  href,
  children,
}: MenuButtonProps) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const [opening, setOpening] = useState<Opening | null>(null)
  const openedByHoverAt = useRef(0)
  const leaving = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(leaving.current), [])

  const enter = (event: PointerEvent) => {
    void loadPanel()
    if (!opensOnHover || event.pointerType !== 'mouse') return
    clearTimeout(leaving.current)
    if (opening) return
    openedByHoverAt.current = event.timeStamp
    setOpening('hover')
  }
  const leave = (event: PointerEvent) => {
    if (!opensOnHover || event.pointerType !== 'mouse') return
    clearTimeout(leaving.current)
    leaving.current = setTimeout(() => setOpening(null), leaveMs)
  }
  const press = (timeStamp: number) => {
    const justOpened = opening === 'hover' && timeStamp - openedByHoverAt.current < clickAfterHoverMs
    setOpening(justOpened ? 'pointer' : opening ? null : 'pointer')
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ' && event.key !== 'ArrowDown') return
    event.preventDefault()
    setOpening('keyboard')
  }
  const close = useCallback(() => setOpening(null), [])
  const trigger = (
    <button
      ref={button}
      id={id}
      type={href ? 'submit' : 'button'}
      aria-label={label}
      title={opensOnHover ? undefined : label}
      aria-haspopup="menu"
      aria-expanded={opening !== null}
      data-state={opening ? 'open' : 'closed'}
      className={className}
      onPointerEnter={enter}
      onPointerLeave={leave}
      onFocus={() => void loadPanel()}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        event.preventDefault()
        press(event.timeStamp)
      }}
    >
      {children}
    </button>
  )
  return (
    <span className="relative inline-flex shrink-0">
      {href ? (
        <form action={href} className="contents">
          {trigger}
        </form>
      ) : (
        trigger
      )}
      {opening && (
        <MenuPanel
          button={button}
          opening={opening}
          align={align}
          items={items}
          header={header}
          onClose={close}
          onPointerEnter={enter}
          onPointerLeave={leave}
        />
      )}
    </span>
  )
}
