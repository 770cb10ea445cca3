'use client'

import { Search } from 'lucide'
import { useTranslations } from 'next-intl'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { Icon } from '@/components/ui/icon'
import { latePart } from '@/lib/late-part'
import type { RegionChoice } from './current-region'
import { paletteClass, paletteInputClass } from './palette-class'

// Few visits open it, so its code is fetched the first time.
const Palette = lazy(() => latePart(() => import('./palette').then(({ Palette }) => ({ default: Palette }))))

/** Opens the palette, by click or by Ctrl/⌘ K anywhere in the console. */
export function PaletteButton({ regions }: { regions: RegionChoice[] }) {
  const t = useTranslations('shell')
  const [isOpen, setOpen] = useState(false)
  const [search, setSearch] = useState('')
  const opener = useRef<Element>(null)
  const open = () => {
    opener.current = document.activeElement
    setSearch('')
    setOpen(true)
  }
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isShortcut = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)
      if (isShortcut && !event.altKey && !event.shiftKey) {
        event.preventDefault()
        if (isOpen) setOpen(false)
        else open()
      } else if (isOpen && document.activeElement === document.body && isLetter(event)) {
        // Keeps the focus while the loaded field replaces this one.
        event.preventDefault()
        setSearch((typed) => typed + event.key)
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  })
  const close = () => setOpen(false)
  return (
    <>
      <button
        type="button"
        aria-label={t('search')}
        aria-keyshortcuts="Control+K Meta+K"
        onClick={open}
        className="bar-button lg:w-56 lg:justify-start lg:border lg:border-bar-line"
      >
        <Icon of={Search} className="size-4 text-bar-muted" />
        <span className="text-bar-muted text-sm max-lg:hidden">{t('search')}</span>
        <kbd className="ml-auto font-sans text-bar-muted text-xs max-lg:hidden">Ctrl K</kbd>
      </button>
      {isOpen && (
        <Suspense fallback={<FirstField search={search} onSearch={setSearch} onClose={close} />}>
          <Palette regions={regions} search={search} onSearch={setSearch} opener={opener.current} onClose={close} />
        </Suspense>
      )}
    </>
  )
}

type FirstFieldProps = { search: string; onSearch: (search: string) => void; onClose: () => void }

/** Takes input while the palette's code is loading, at the field's final place. */
function FirstField({ search, onSearch, onClose }: FirstFieldProps) {
  const t = useTranslations('shell')
  return (
    <div className={paletteClass}>
      <input
        // biome-ignore lint/a11y/noAutofocus: a key or a button asked for the field, to type into it.
        autoFocus
        aria-label={t('search')}
        placeholder={t('searchPlaceholder')}
        value={search}
        onChange={(event) => onSearch(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && onClose()}
        className={paletteInputClass}
      />
    </div>
  )
}

function isLetter({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return [...key].length === 1 && !ctrlKey && !metaKey && !altKey
}
