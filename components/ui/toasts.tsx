'use client'

import dynamic from 'next/dynamic'
import { useSyncExternalStore } from 'react'

// Few visits see a toast, so the library is fetched when the first one is said.
const Toaster = dynamic(() => import('sonner').then((module) => module.Toaster), { ssr: false })

let isAsked = false
const listeners = new Set<() => void>()

/** Says something that happened out of sight. Polite, 6 s, stays while it is pointed at. Never for a field's error. */
export async function toast(text: string): Promise<void> {
  const { toast: show } = await import('sonner')
  isAsked = true
  for (const listener of listeners) listener()
  show(text)
}

/** Where toasts appear. */
export function Toasts() {
  const isNeeded = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => isAsked,
    () => false,
  )
  if (!isNeeded) return null
  return (
    <Toaster
      position="bottom-right"
      duration={6000}
      toastOptions={{
        unstyled: true,
        className:
          'w-full rounded-card border border-line bg-surface-float px-4 py-3 font-sans text-ink text-sm shadow-float',
      }}
    />
  )
}
