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
  /** What is done with the view: buttons, of which each is there while it cannot be used, too. */
  tools: ReactNode
  /** The text that is typed, while it is asked for. */
  textForm: ReactNode
  /** Whether it is connected, and what to do where it is not. */
  status: ReactNode
  hint: string
  children: ReactNode
}

/** The frame around a view of a machine: what can be done with it above, what it shows, and how to use it below. */
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
  /** Why none can be pressed now; null where they can. */
  disabledReason: string | null
}

/** The keys that a browser keeps for itself, or a phone has not. */
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

/** Asks for a text to type, or puts the field for it away. */
export function TypeTextButton({ isOpen, onToggle }: { isOpen: boolean; onToggle: (isOpen: boolean) => void }) {
  const t = useTranslations('views')
  return (
    <Button kind="secondary" aria-expanded={isOpen} onClick={() => onToggle(!isOpen)}>
      {t('typeText')}
    </Button>
  )
}
