'use client'

import { useTranslations } from 'next-intl'
import { SidePanel } from '@/components/ui/side-panel'
import type { MenuIcons } from './frame-icons'
import { SideMenu } from './side-menu'

/** The open drawer. */
export function DrawerPanel({ icons, onClose }: { icons: MenuIcons; onClose: () => void }) {
  const t = useTranslations('shell')
  return (
    <SidePanel side="left" title={t('menu')} closeLabel={t('closeMenu')} onClose={onClose}>
      <SideMenu icons={icons} onNavigate={onClose} />
    </SidePanel>
  )
}
