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
  /** Said where the browser does not let us, with what to do instead. */
  failedLabel: string
  /** Shows only while its row is pointed at or it has the focus; on a touch screen always. */
  isQuiet?: boolean
}

/** Copies a text to the clipboard, and shows the outcome where it was clicked. */
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
