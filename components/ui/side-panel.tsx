'use client'

import { X } from 'lucide'
import { Dialog } from 'radix-ui'
import type { ReactNode } from 'react'
import { classNames } from './class-names'
import { useDialogFocus } from './dialog-focus'
import { Icon } from './icon'

type SidePanelProps = {
  side: 'left' | 'right'
  title: string
  closeLabel: string
  onClose: () => void
  children: ReactNode
}

const sides = {
  left: 'left-0 w-64 max-w-[80vw] border-r',
  right: 'right-0 w-[min(400px,100vw)] border-l',
}

/** A dialog at a side of the window. Closed by Escape, its button and a click outside. */
export function SidePanel({ side, title, closeLabel, onClose, children }: SidePanelProps) {
  const focus = useDialogFocus()
  const dismiss = () => {
    focus.onDismiss()
    onClose()
  }
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && dismiss()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-appear bg-scrim" />
        <Dialog.Content
          aria-describedby={undefined}
          onCloseAutoFocus={focus.onCloseAutoFocus}
          className={classNames(
            'fixed inset-y-0 z-50 flex flex-col border-line bg-surface-float shadow-float',
            sides[side],
          )}
        >
          <div className="flex min-h-12 shrink-0 items-center justify-between gap-2 border-line border-b py-1 pr-2 pl-4">
            <Dialog.Title className="font-semibold text-lg">{title}</Dialog.Title>
            <Dialog.Close
              aria-label={closeLabel}
              className="inline-flex size-8 shrink-0 items-center justify-center rounded-control hover:bg-surface-hover"
            >
              <Icon of={X} className="size-4" />
            </Dialog.Close>
          </div>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
