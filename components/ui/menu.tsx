'use client'

import { Check } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'

export const menuClass =
  'z-50 min-w-44 animate-appear rounded-card border border-line bg-surface-float p-1 text-ink text-sm shadow-float'
export const menuItemClass =
  'flex h-8 w-full items-center gap-2 rounded-control px-2 text-left outline-none data-highlighted:bg-surface-hover'

type ChoiceMenuProps<T extends string> = {
  label: string
  icon: ReactNode
  choices: { value: T; label: string }[]
  value: T
  onChoose: (value: T) => void
}

/** An icon button of the top bar that offers a few choices, of which one is taken. */
export function ChoiceMenu<T extends string>({ label, icon, choices, value, onChoose }: ChoiceMenuProps<T>) {
  const choose = (chosen: string) => {
    const choice = choices.find((candidate) => candidate.value === chosen)
    if (choice) onChoose(choice.value)
  }
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger aria-label={label} title={label} className={barButtonClass}>
        {icon}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={6} className={menuClass}>
          <DropdownMenu.RadioGroup value={value} onValueChange={choose}>
            {choices.map((choice) => (
              <DropdownMenu.RadioItem key={choice.value} value={choice.value} className={menuItemClass}>
                <span className="flex-1">{choice.label}</span>
                <DropdownMenu.ItemIndicator>
                  <Check aria-hidden className="size-4 text-accent" />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

export const barButtonClass =
  'inline-flex h-8 min-w-8 shrink-0 items-center justify-center gap-2 rounded-control px-2 text-bar-ink transition-colors ' +
  'hover:bg-bar-hover data-[state=open]:bg-bar-hover focus-visible:outline-bar-ink'
