'use client'

import { useTranslations } from 'next-intl'
import { SidePanel } from '@/components/ui/side-panel'
import { SideMenu } from './side-menu'

/** The open drawer. */
export function DrawerPanel({ onClose }: { onClose: () => void }) {
  const t = useTranslations('shell')
  return (
    <SidePanel side="left" title={t('menu')} closeLabel={t('closeMenu')} onClose={onClose}>
      <SideMenu onNavigate={onClose} />
    </SidePanel>
  )
}
