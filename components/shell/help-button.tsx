'use client'

import { CircleQuestionMark } from 'lucide'
import dynamic from 'next/dynamic'
import { usePathname } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useEffect, useState } from 'react'
import { Icon } from '@/components/ui/icon'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import { helpTopicOf } from './help-topics'

// Few visits open it, so its code is fetched on hover or focus.
const loadPanel = () => latePart(() => import('./help-panel'))
const HelpPanel = dynamic(() => loadPanel().then((module) => module.HelpPanel), { ssr: false })

/** Opens the help panel, by click or by Shift+? outside of text fields. */
export function HelpButton() {
  const t = useTranslations('help')
  const topic = helpTopicOf(usePathname())
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '?' || event.ctrlKey || event.metaKey || event.altKey || isTaken(event.target)) return
      event.preventDefault()
      setOpen(true)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  return (
    <>
      {/* Before its script has loaded, the button opens the help page. */}
      <form action={paths.help(topic)} className="contents">
        <button
          type="submit"
          aria-label={t('title')}
          title={t('title')}
          aria-haspopup="dialog"
          aria-expanded={isOpen}
          aria-keyshortcuts="Shift+?"
          onPointerEnter={() => void loadPanel()}
          onFocus={() => void loadPanel()}
          onClick={(event) => {
            event.preventDefault()
            setOpen(true)
          }}
          className="inline-flex size-7 shrink-0 items-center justify-center rounded-control text-ink-muted hover:bg-surface-hover hover:text-ink"
        >
          <Icon of={CircleQuestionMark} className="size-4" />
        </button>
      </form>
      {isOpen && <HelpPanel onClose={() => setOpen(false)} />}
    </>
  )
}

/** Whether a key belongs to a text field, an open dialog or a menu. */
function isTaken(target: EventTarget | null): boolean {
  const isTyped =
    target instanceof Element && target.closest('input, textarea, select, [contenteditable=true]') !== null
  return isTyped || document.querySelector('[role=dialog], [role=alertdialog], [role=menu]') !== null
}
