'use client'

import { AlertDialog } from 'radix-ui'
import type { FormEvent, ReactNode } from 'react'
import { Button } from './button'
import { useDialogFocus } from './dialog-focus'

type ConfirmDialogProps = {
  /** Called when it is closed without confirming. */
  onDismiss: () => void
  title: string
  /** What will be lost. */
  children: ReactNode
  confirmLabel: string
  keepLabel: string
  isPending: boolean
  onConfirm: () => void
}

/** Confirms a destructive operation. It says what will be lost, and keeping is the default. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const focus = useDialogFocus()
  const dismiss = () => {
    focus.onDismiss()
    props.onDismiss()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!props.isPending) props.onConfirm()
  }
  return (
    <AlertDialog.Root open onOpenChange={(isOpen) => !isOpen && dismiss()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-40 animate-appear bg-scrim" />
        <AlertDialog.Content
          onCloseAutoFocus={focus.onCloseAutoFocus}
          className="fixed top-1/2 left-1/2 z-50 max-h-[85dvh] w-[min(480px,calc(100vw-32px))] -translate-x-1/2 -translate-y-1/2 overflow-y-auto [overflow-wrap:anywhere] rounded-card border border-line bg-surface-float shadow-float"
        >
          <form onSubmit={submit}>
            <div className="flex flex-col gap-3 p-5">
              <AlertDialog.Title className="font-semibold text-lg [overflow-wrap:anywhere]">
                {props.title}
              </AlertDialog.Title>
              <AlertDialog.Description asChild>
                <div className="flex flex-col gap-3 text-sm">{props.children}</div>
              </AlertDialog.Description>
            </div>
            <div className="flex flex-wrap justify-end gap-2 border-line border-t px-5 py-3">
              <AlertDialog.Cancel asChild>
                <Button kind="secondary">{props.keepLabel}</Button>
              </AlertDialog.Cancel>
              <Button kind="danger" type="submit" isPending={props.isPending}>
                {props.confirmLabel}
              </Button>
            </div>
          </form>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
