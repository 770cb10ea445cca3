'use client'

import { Check } from 'lucide'
import Link from 'next/link'
import { DropdownMenu } from 'radix-ui'
import { type PointerEvent, type ReactNode, type RefObject, useRef } from 'react'
import { classNames } from './class-names'
import { Icon } from './icon'
import { menuClass, menuItemClass } from './menu-class'
import type { MenuItem, Opening } from './menu-items'

type MenuPanelProps = {
  button: RefObject<HTMLButtonElement | null>
  opening: Opening
  align: 'start' | 'end'
  items: MenuItem[]
  header: ReactNode
  onClose: () => void
  onPointerEnter: (event: PointerEvent) => void
  onPointerLeave: (event: PointerEvent) => void
}

/** The open menu of a `MenuButton`. Anchored to an invisible copy of the button, which stays a plain button. */
export function MenuPanel({ button, opening, align, items, header, onClose, ...pointer }: MenuPanelProps) {
  const content = useRef<HTMLDivElement>(null)
  // Radix moves the focus into an opened menu. A menu opened by hover must not take it, and one opened by keyboard focuses its
  // first item. Radix supports this handler, but its types do not list it.
  const moveFocus = {
    onOpenAutoFocus: (event: Event) => {
      if (opening === 'pointer') return
      event.preventDefault()
      const panel = event.target
      if (opening === 'keyboard' && panel instanceof HTMLElement) {
        panel.querySelector<HTMLElement>('[role^="menuitem"]')?.focus()
      }
    },
  }
  const isOwnButton = (target: EventTarget | null) =>
    target instanceof Node && button.current?.contains(target) === true
  return (
    <DropdownMenu.Root open modal={false} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <DropdownMenu.Trigger asChild>
        <span aria-hidden className="pointer-events-none absolute inset-0" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          {...pointer}
          {...moveFocus}
          ref={content}
          align={align}
          sideOffset={6}
          aria-labelledby={button.current?.id}
          className={`${menuClass} max-h-[min(80dvh,36rem)] max-w-80 overflow-y-auto`}
          // The button opens and closes its menu itself.
          onPointerDownOutside={(event) => isOwnButton(event.target) && event.preventDefault()}
          onFocusOutside={(event) => event.preventDefault()}
          onCloseAutoFocus={(event) => {
            event.preventDefault()
            if (content.current?.contains(document.activeElement) || document.activeElement === document.body) {
              button.current?.focus({ preventScroll: true })
            }
          }}
        >
          {header}
          <DropdownMenu.RadioGroup value={items.find((item) => item.kind === 'choice' && item.isChosen)?.label}>
            {items.map((item) => (
              <Item key={item.label} item={item} />
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function Item({ item }: { item: MenuItem }) {
  if (item.kind === 'link') {
    return (
      <DropdownMenu.Item asChild>
        {/* A choice keeps the scroll position, because its list stays in view; another page starts at its top. */}
        <Link
          href={item.href}
          scroll={item.isChosen === undefined}
          aria-current={item.isChosen || undefined}
          className={menuItemClass}
        >
          {item.icon}
          <span className="min-w-0 flex-1 truncate">{item.label}</span>
          {item.isChosen && <Icon of={Check} className="size-4 text-accent" />}
        </Link>
      </DropdownMenu.Item>
    )
  }
  if (item.kind === 'download') {
    return (
      <DropdownMenu.Item asChild>
        <a href={item.href} download className={menuItemClass}>
          {item.label}
        </a>
      </DropdownMenu.Item>
    )
  }
  if (item.kind === 'action' && item.disabledReason) {
    return (
      // Radix skips disabled items, whose reasons would then be unreachable by keyboard.
      <DropdownMenu.Item
        aria-disabled
        className={`${menuItemClass} h-auto text-ink-muted`}
        onSelect={(event) => event.preventDefault()}
      >
        <span className="py-1.5">
          <span className="block">{item.label}</span>
          <span className="block text-xs">{item.disabledReason}</span>
        </span>
      </DropdownMenu.Item>
    )
  }
  if (item.kind === 'action') {
    return (
      <DropdownMenu.Item
        className={classNames(menuItemClass, item.isDangerous && 'text-danger')}
        onSelect={item.onSelect}
      >
        {item.icon}
        {item.label}
      </DropdownMenu.Item>
    )
  }
  if (item.kind === 'note') {
    return (
      <DropdownMenu.Item disabled className={`${menuItemClass} text-ink-muted`}>
        {item.label}
      </DropdownMenu.Item>
    )
  }
  return (
    <DropdownMenu.RadioItem value={item.label} className={menuItemClass} onSelect={item.onSelect}>
      <span className="min-w-0 flex-1 truncate">{item.label}</span>
      {item.isChosen && <Icon of={Check} className="size-4 text-accent" />}
    </DropdownMenu.RadioItem>
  )
}
