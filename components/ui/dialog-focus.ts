'use client'

import { useRef, useState } from 'react'

/**
 * Where the focus goes after a dialog that code has opened, because Radix only returns it to a trigger: to its opener if
 * dismissed, and after an operation as `useReturn` says.
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
 * Remembers the focused element and returns the focus later. If it has disappeared with its row, the same operation of
 * the next row gets the focus, else of the previous one, or the page's heading if no row is left.
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
  /** The rows after the opener's, then those before it, nearest first. */
  neighbours: Element[]
}

function placeOf(active: Element | null): Place {
  // A menu item disappears with its menu; the menu's button is in the row.
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
  // Fall back to the last element of a row, which is an operation.
  return same ?? operations.at(-1) ?? document.querySelector('h1')
}
