'use client'

import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useSyncExternalStore } from 'react'
import { latePart } from '@/lib/late-part'

// Few visits see a toast, so the library is loaded with the first one.
const Toaster = dynamic(() => latePart(() => import('sonner').then((module) => module.Toaster)), { ssr: false })

let isAsked = false
const listeners = new Set<() => void>()

/**
 * Reports something that happened out of sight: polite, for 6 s, longer while hovered. Not for field errors. Its action
 * must be available elsewhere too.
 */
export async function toast(text: string, offer?: { label: string; onSelect: () => void }): Promise<void> {
  const { toast: show } = await latePart(() => import('sonner'))
  isAsked = true
  for (const listener of listeners) listener()
  show(text, offer && { action: { label: offer.label, onClick: offer.onSelect } })
}

/** Where toasts appear. */
export function Toasts() {
  const t = useTranslations('shell')
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
      // Not at the bottom right, where the last row's operations are.
      position="bottom-center"
      // Above the page status bar.
      offset={{ bottom: 56 }}
      mobileOffset={{ bottom: 72 }}
      customAriaLabel={t('toasts')}
      duration={6000}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            'flex w-full items-center gap-3 rounded-card border border-line bg-surface-float px-4 py-3 font-sans text-ink text-sm shadow-float',
          content: 'min-w-0 flex-1 [overflow-wrap:anywhere]',
          actionButton: 'shrink-0 rounded-control px-1.5 py-1 font-medium text-accent hover:bg-accent-soft',
        },
      }}
    />
  )
}
