'use client'

import { useRef, useState } from 'react'

/**
 * Where the focus goes when a dialog that code has opened is closed: back to what had it when the dialog was dismissed,
 * and to the page's heading when something was done, which often removes what had it. Radix itself gives it back to a
 * trigger only.
 */
export function useDialogFocus() {
  const [opener] = useState(() => document.activeElement)
  const isDismissed = useRef(false)
  const onDismiss = () => {
    isDismissed.current = true
  }
  const onCloseAutoFocus = (event: Event) => {
    event.preventDefault()
    const canReturn = isDismissed.current && opener?.isConnected && opener !== document.body
    const target = canReturn ? opener : document.querySelector('h1')
    if (target instanceof HTMLElement) target.focus()
  }
  return { onDismiss, onCloseAutoFocus }
}
