'use client'

import { useTranslations } from 'next-intl'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { countLines } from '@/lib/viewers/typing'

type PasteDialogProps = { text: string; onPaste: () => void; onDismiss: () => void }
const shownMost = 2_000

/** Asks before several lines are pasted, because a shell runs each at once. */
export function PasteDialog({ text, onPaste, onDismiss }: PasteDialogProps) {
  const t = useTranslations('views')
  return (
    <ConfirmDialog
      title={t('pasteTitle', { lines: countLines(text) })}
      confirmLabel={t('paste')}
      keepLabel={t('keepOut')}
      isPending={false}
      onConfirm={onPaste}
      onDismiss={onDismiss}
    >
      <p>{t('pasteText')}</p>
      <pre className="max-h-40 overflow-auto rounded-control bg-surface-muted p-2 font-mono text-xs">
        {text.slice(0, shownMost)}
      </pre>
    </ConfirmDialog>
  )
}
