import type { Route } from 'next'
import type { ReactNode } from 'react'

/** Items of a menu: links, downloads, actions and choices. */
export type MenuItem =
  | { kind: 'link'; label: string; href: Route; icon?: ReactNode; isChosen?: boolean }
  | { kind: 'download'; label: string; href: Route }
  | {
      kind: 'action'
      label: string
      onSelect: () => void
      icon?: ReactNode
      isDangerous?: boolean
      page?: Route
      /** Why it is disabled: it stays visible and focusable, and shows the reason. */
      disabledReason?: string | null
    }
  | { kind: 'note'; label: string }
  | { kind: 'choice'; label: string; onSelect: () => void; isChosen: boolean }

/** How a menu was opened. Hover does not move the focus, so typing elsewhere continues. */
export type Opening = 'pointer' | 'keyboard' | 'hover'
