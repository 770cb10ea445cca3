'use client'

import { Dialog } from 'radix-ui'
import type { ReactNode } from 'react'
import { useDialogFocus } from './dialog-focus'

type FormDialogProps = {
  title: string
  /** Called when it is closed without sending, by Escape. */
  onDismiss: () => void
  /** The form with its buttons. `dismiss` closes the dialog. */
  children: (dismiss: () => void) => ReactNode
}

/** A dialog with input. A click outside does not close it, which would lose the input. */
export function FormDialog({ title, onDismiss, children }: FormDialogProps) {
  const focus = useDialogFocus()
  const dismiss = () => {
    focus.onDismiss()
    onDismiss()
  }
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && dismiss()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-appear bg-scrim" />
        <Dialog.Content
          aria-describedby={undefined}
          onCloseAutoFocus={focus.onCloseAutoFocus}
          onInteractOutside={(event) => event.preventDefault()}
          className="fixed top-1/2 left-1/2 z-50 max-h-[85dvh] w-[min(480px,calc(100vw-32px))] -translate-x-1/2 -translate-y-1/2 overflow-y-auto [overflow-wrap:anywhere] rounded-card border border-line bg-surface-float shadow-float"
        >
          <Dialog.Title className="px-5 pt-5 font-semibold text-lg">{title}</Dialog.Title>
          {children(dismiss)}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
