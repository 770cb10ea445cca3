'use client'

import { X } from 'lucide'
import { usePathname } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { Dialog } from 'radix-ui'
import { useDialogFocus } from '@/components/ui/dialog-focus'
import { Icon } from '@/components/ui/icon'
import { HelpText } from './help-text'
import { helpTopicOf } from './help-topics'

/** The rules of the page that is looked at, and the keyboard shortcuts that work on it. */
export function HelpPanel({ onClose }: { onClose: () => void }) {
  const t = useTranslations('help')
  const topic = helpTopicOf(usePathname())
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
          className="fixed inset-y-0 right-0 z-50 flex w-[min(400px,100vw)] flex-col border-line border-l bg-surface-float shadow-float"
        >
          <div className="flex min-h-12 shrink-0 items-center justify-between gap-2 border-line border-b py-1 pr-2 pl-4">
            <Dialog.Title className="font-semibold text-lg">{t(`topics.${topic}`)}</Dialog.Title>
            <Dialog.Close
              aria-label={t('close')}
              className="inline-flex size-8 shrink-0 items-center justify-center rounded-control hover:bg-surface-hover"
            >
              <Icon of={X} className="size-4" />
            </Dialog.Close>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the keyboard. */}
          <section tabIndex={0} aria-label={t('title')} className="flex flex-col gap-5 overflow-y-auto p-4">
            <HelpText topic={topic} />
          </section>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
