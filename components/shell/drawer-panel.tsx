'use client'

import { X } from 'lucide'
import { useTranslations } from 'next-intl'
import { Dialog } from 'radix-ui'
import { useDialogFocus } from '@/components/ui/dialog-focus'
import { Icon } from '@/components/ui/icon'
import { SideMenu } from './side-menu'

/** The open drawer. */
export function DrawerPanel({ onClose }: { onClose: () => void }) {
  const t = useTranslations('shell')
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
          className="fixed inset-y-0 left-0 z-50 w-64 max-w-[80vw] border-line border-r bg-surface-float shadow-float"
        >
          <div className="flex h-12 items-center justify-between border-line border-b px-4">
            <Dialog.Title className="font-semibold text-md">{t('menu')}</Dialog.Title>
            <Dialog.Close
              aria-label={t('closeMenu')}
              className="inline-flex size-8 items-center justify-center rounded-control hover:bg-surface-hover"
            >
              <Icon of={X} className="size-4" />
            </Dialog.Close>
          </div>
          <SideMenu onNavigate={onClose} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
