'use client'

import { ChevronDown } from 'lucide'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Icon } from '@/components/ui/icon'
import { MenuButton } from '@/components/ui/menu-button'

type ViewPanelProps = {
  label: string
  /** The buttons of the view. They stay visible while they cannot be used. */
  tools: ReactNode
  /** The form for a text to type, while it is open. */
  textForm: ReactNode
  /** The state of the connection, with a way to connect again. */
  status: ReactNode
  hint: string
  children: ReactNode
}

/** The frame around a console or screen: buttons and status above, the view, and a hint below. */
export function ViewPanel({ label, tools, textForm, status, hint, children }: ViewPanelProps) {
  return (
    <section aria-label={label} className="min-w-0 rounded-card border border-line bg-surface-raised">
      <div className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-2">{tools}</div>
      {textForm}
      <div className="px-4 py-2">{status}</div>
      {children}
      <p className="px-4 py-2 text-ink-muted text-xs">{hint}</p>
    </section>
  )
}

type KeysMenuProps = {
  keys: { label: string; press: () => void }[]
  /** Why no key can be pressed now; null if one can. */
  disabledReason: string | null
}

/** A menu of keys that browsers keep for themselves or phones lack. */
export function KeysMenu({ keys, disabledReason }: KeysMenuProps) {
  const t = useTranslations('views')
  const items = keys.map(({ label, press }) => ({ kind: 'action' as const, label, disabledReason, onSelect: press }))
  return (
    <MenuButton label={t('keys')} className={buttonClass('secondary')} align="start" items={items}>
      {t('keys')}
      <Icon of={ChevronDown} className="size-3.5" />
    </MenuButton>
  )
}

/** Opens and closes the form for a text to type. */
export function TypeTextButton({ isOpen, onToggle }: { isOpen: boolean; onToggle: (isOpen: boolean) => void }) {
  const t = useTranslations('views')
  return (
    <Button kind="secondary" aria-expanded={isOpen} onClick={() => onToggle(!isOpen)}>
      {t('typeText')}
    </Button>
  )
}
