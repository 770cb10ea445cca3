import type { Route } from 'next'
import type { ReactNode } from 'react'

/** What a menu can hold. A link leads away, an action does something here, a choice is one of several. */
export type MenuItem =
  | { kind: 'link'; label: string; href: Route; icon?: ReactNode; isChosen?: boolean }
  | {
      kind: 'action'
      label: string
      onSelect: () => void
      icon?: ReactNode
      isDangerous?: boolean
      page?: Route
      /** Why it cannot be chosen now: it stays where it is, can be focused and says so. */
      disabledReason?: string | null
    }
  | { kind: 'note'; label: string }
  | { kind: 'choice'; label: string; onSelect: () => void; isChosen: boolean }

/** How a menu came to be open. Pointing does not move the focus: whoever types elsewhere goes on typing. */
export type Opening = 'pointer' | 'keyboard' | 'hover'
