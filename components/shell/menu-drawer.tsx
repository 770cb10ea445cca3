'use client'

import { Menu, X } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { Dialog } from 'radix-ui'
import { useState } from 'react'
import { barButtonClass } from '@/components/ui/menu'
import { SideMenu } from './side-menu'

/** The side menu on a phone: a drawer behind a button of the top bar. */
export function MenuDrawer({ fallbackRegion }: { fallbackRegion: string }) {
  const t = useTranslations('shell')
  const [isOpen, setOpen] = useState(false)
  return (
    <Dialog.Root open={isOpen} onOpenChange={setOpen}>
      <Dialog.Trigger aria-label={t('menu')} className={`${barButtonClass} md:hidden`}>
        <Menu aria-hidden className="size-5" />
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-appear bg-scrim" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-50 w-64 max-w-[80vw] border-line border-r bg-surface-float shadow-float"
        >
          <div className="flex h-12 items-center justify-between border-line border-b px-4">
            <Dialog.Title className="font-semibold text-md">{t('menu')}</Dialog.Title>
            <Dialog.Close
              aria-label={t('closeMenu')}
              className="inline-flex size-8 items-center justify-center rounded-control hover:bg-surface-hover"
            >
              <X aria-hidden className="size-4" />
            </Dialog.Close>
          </div>
          <SideMenu fallbackRegion={fallbackRegion} onNavigate={() => setOpen(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
