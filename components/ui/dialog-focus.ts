'use client'

import { useRef, useState } from 'react'

/**
 * Where the focus goes when a dialog that code has opened is closed: back to what had it when the dialog was dismissed, and
 * as `useReturn` says when something was done. Radix itself gives it back to a trigger only.
 */
export function useDialogFocus() {
  const giveBack = useReturn()
  const isDismissed = useRef(false)
  const onDismiss = () => {
    isDismissed.current = true
  }
  const onCloseAutoFocus = (event: Event) => {
    event.preventDefault()
    giveBack(isDismissed.current)
  }
  return { onDismiss, onCloseAutoFocus }
}

/**
 * Remembers what has the focus now, and gives it back later. What had it is often gone with its row: then the same operation
 * of the next row gets it, so that the place in the list is kept, else of the one before, and the page's heading when no row
 * is left, or when something was done that is no row's.
 */
export function useReturn(): (isDismissed: boolean) => void {
  const [{ opener, row, neighbours }] = useState(() => placeOf(document.activeElement))
  return (isDismissed) => {
    const target = canHaveFocus(opener) && (isDismissed || row) ? opener : nextTo(opener, row, neighbours)
    target?.focus()
  }
}

type Place = {
  opener: HTMLElement | null
  row: Element | null
  /** The rows after that of the opener, then those before it from the nearest on. */
  neighbours: Element[]
}

function placeOf(active: Element | null): Place {
  // An item of a menu goes with its menu, whose button is in the row.
  const button = active?.closest('[role=menu]')?.getAttribute('aria-labelledby')
  const opener = button ? document.getElementById(button) : active
  const row = opener?.closest('main tbody tr, main li:not(nav li)') ?? null
  const rows = [...(row?.parentElement?.children ?? [])]
  const at = row ? rows.indexOf(row) : 0
  const neighbours = [...rows.slice(at + 1), ...rows.slice(0, at).reverse()]
  return { opener: opener instanceof HTMLElement && opener !== document.body ? opener : null, row, neighbours }
}

function canHaveFocus(element: HTMLElement | null): element is HTMLElement {
  return element?.isConnected === true && element.getClientRects().length > 0
}

function nextTo(opener: HTMLElement | null, row: Element | null, neighbours: Element[]): HTMLElement | null {
  const nearest = [row, ...neighbours].find((one) => one?.isConnected)
  const operations = [...(nearest?.querySelectorAll<HTMLElement>('button, a[href]') ?? [])].filter(canHaveFocus)
  const same = operations.find((one) => one.textContent === opener?.textContent)
  // The last one of a row: what is done to it comes after what it is.
  return same ?? operations.at(-1) ?? document.querySelector('h1')
}
