'use client'

import { Search } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useEffect, useState } from 'react'
import { barButtonClass } from '@/components/ui/menu-class'
import { latePart } from '@/lib/late-part'
import type { RegionChoice } from './current-region'

// Few visits open it, so its code is fetched when the first one does.
const Palette = dynamic(() => latePart(() => import('./palette').then((module) => module.Palette)), { ssr: false })

/** Opens the palette, by click or by Ctrl/⌘ K anywhere in the console. */
export function PaletteButton({ regions }: { regions: RegionChoice[] }) {
  const t = useTranslations('shell')
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
      event.preventDefault()
      setOpen((open) => !open)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  return (
    <>
      <button
        type="button"
        aria-label={t('search')}
        aria-keyshortcuts="Control+K Meta+K"
        onClick={() => setOpen(true)}
        className={`${barButtonClass} lg:w-56 lg:justify-start lg:border lg:border-bar-line`}
      >
        <Search aria-hidden className="size-4 text-bar-muted" />
        <span className="text-bar-muted text-sm max-lg:hidden">{t('search')}</span>
        <kbd className="ml-auto font-sans text-bar-muted text-xs max-lg:hidden">Ctrl K</kbd>
      </button>
      {isOpen && <Palette regions={regions} onClose={() => setOpen(false)} />}
    </>
  )
}
