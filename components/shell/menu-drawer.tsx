'use client'

import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { type ReactNode, useState } from 'react'
import { latePart } from '@/lib/late-part'
import type { MenuIcons } from './frame-icons'

const loadPanel = () => latePart(() => import('./drawer-panel'))
const DrawerPanel = dynamic(() => loadPanel().then((module) => module.DrawerPanel), { ssr: false })

/** The side menu on a phone: a drawer behind a button of the top bar. */
export function MenuDrawer({ icon, menuIcons }: { icon: ReactNode; menuIcons: MenuIcons }) {
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
        {icon}
      </button>
      {isOpen && <DrawerPanel icons={menuIcons} onClose={() => setOpen(false)} />}
    </>
  )
}
