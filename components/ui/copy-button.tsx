'use client'

import { Check, Copy } from 'lucide'
import { useState } from 'react'
import { copyText } from '@/lib/clipboard'
import { classNames } from './class-names'
import { Icon } from './icon'
import { toast } from './toasts'

type CopyButtonProps = {
  text: string
  label: string
  copiedLabel: string
  /** Shown if the browser denies access to the clipboard, with an alternative. */
  failedLabel: string
  /** Visible only while its row is hovered or it has the focus; always on a touch screen. */
  isQuiet?: boolean
}

/** Copies a text to the clipboard, and shows the outcome on the button. */
export function CopyButton({ text, label, copiedLabel, failedLabel, isQuiet = false }: CopyButtonProps) {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    if (!(await copyText(text))) return await toast(failedLabel)
    setCopied(true)
    setTimeout(() => setCopied(false), 1500)
  }
  const icon = isCopied ? Check : Copy
  return (
    <button
      type="button"
      aria-label={label}
      title={isCopied ? copiedLabel : label}
      onClick={copy}
      className={classNames(
        'inline-flex size-6 shrink-0 items-center justify-center rounded-sm text-ink-muted hover:bg-surface-muted hover:text-ink',
        isQuiet && 'pointer-fine:opacity-0 focus-visible:opacity-100 pointer-fine:group-hover:opacity-100',
      )}
    >
      <Icon of={icon} className={classNames('size-3.5', isCopied && 'text-ok')} />
      <span role="status" className="sr-only">
        {isCopied ? copiedLabel : ''}
      </span>
    </button>
  )
}
