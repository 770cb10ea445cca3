'use client'

import { IdCard, LogOut } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { DropdownMenu } from 'radix-ui'
import { type PointerEvent, useEffect, useRef, useState } from 'react'
import { menuClass, menuItemClass } from '@/components/ui/menu'
import { paths } from '@/lib/paths'

/** A click that comes this soon after the pointer opened the menu meant to open it. */
const clickAfterHoverMs = 500
/** The menu waits this long for the pointer to come back. */
const leaveMs = 300

/**
 * The user picture: the last button of the top bar. The mouse opens it by pointing, everything else by pressing. Radix
 * toggles on pointer down, which would close what pointing has just opened, so opening and closing are decided here.
 */
export function AccountMenu({ username, displayName }: { username: string; displayName: string }) {
  const t = useTranslations('shell')
  const [isOpen, setOpen] = useState(false)
  const openedByHoverAt = useRef(0)
  const leaving = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(leaving.current), [])

  const enter = (event: PointerEvent) => {
    if (event.pointerType !== 'mouse') return
    clearTimeout(leaving.current)
    if (isOpen) return
    openedByHoverAt.current = event.timeStamp
    setOpen(true)
  }
  const leave = (event: PointerEvent) => {
    if (event.pointerType !== 'mouse') return
    clearTimeout(leaving.current)
    leaving.current = setTimeout(() => setOpen(false), leaveMs)
  }
  const press = (event: PointerEvent) => {
    if (event.button !== 0 || event.ctrlKey) return
    // Stops Radix's own toggle; what a press means is decided below.
    event.preventDefault()
    const justOpened = isOpen && event.timeStamp - openedByHoverAt.current < clickAfterHoverMs
    setOpen(justOpened || !isOpen)
  }

  return (
    <DropdownMenu.Root modal={false} open={isOpen} onOpenChange={setOpen}>
      <DropdownMenu.Trigger
        aria-label={t('accountMenu', { username })}
        onPointerEnter={enter}
        onPointerLeave={leave}
        onPointerDown={press}
        className="inline-flex size-8 shrink-0 items-center justify-center rounded-full bg-brand font-semibold text-bar text-sm uppercase outline-offset-2 transition-opacity hover:opacity-90 focus-visible:outline-bar-ink"
      >
        <span aria-hidden>{[...username][0]}</span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={6}
          className={menuClass}
          onPointerEnter={enter}
          onPointerLeave={leave}
          // The pointer opened it and left again: the focus was never here, so it is not sent anywhere.
          onCloseAutoFocus={(event) => openedByHoverAt.current > 0 && event.preventDefault()}
        >
          <DropdownMenu.Label className="max-w-64 px-2 pt-1.5 pb-2">
            <span className="block text-ink-muted text-xs">{t('signedInAs')}</span>
            <span className="block truncate font-semibold">{username}</span>
            <span className="block truncate text-ink-muted text-xs">{displayName}</span>
          </DropdownMenu.Label>
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Item asChild>
            <Link href={paths.account()} className={menuItemClass}>
              <IdCard aria-hidden className="size-4 text-ink-muted" />
              {t('accountInfo')}
            </Link>
          </DropdownMenu.Item>
          <SignOutItem label={t('signOut')} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function SignOutItem({ label }: { label: string }) {
  const form = useRef<HTMLFormElement>(null)
  return (
    // A whole-page post: it also drops everything that this browser has read.
    <form ref={form} action="/api/sign-out" method="post">
      <DropdownMenu.Item className={menuItemClass} onSelect={() => form.current?.submit()}>
        <LogOut aria-hidden className="size-4 text-ink-muted" />
        {label}
      </DropdownMenu.Item>
    </form>
  )
}
