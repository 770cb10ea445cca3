'use client'

import { Menu } from 'lucide'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Icon } from '@/components/ui/icon'
import { latePart } from '@/lib/late-part'

const loadPanel = () => latePart(() => import('./drawer-panel'))
const DrawerPanel = dynamic(() => loadPanel().then((module) => module.DrawerPanel), { ssr: false })

/** The side menu on a phone: a drawer behind a button of the top bar. */
export function MenuDrawer() {
  const t = useTranslations('shell')
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button
        type="button"
        aria-label={t('menu')}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onPointerEnter={() => void loadPanel()}
        onClick={() => setOpen(true)}
        className="bar-button md:hidden"
      >
        <Icon of={Menu} className="size-5" />
      </button>
      {isOpen && <DrawerPanel onClose={() => setOpen(false)} />}
    </>
  )
}
