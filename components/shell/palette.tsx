'use client'

import { Command } from 'cmdk'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { Dialog } from 'radix-ui'
import { useRef, useState } from 'react'
import type { RegionChoice } from './current-region'
import { beginNavigation } from './navigation'
import { paletteClass, paletteInputClass } from './palette-class'
import { usePaletteGroups } from './palette-groups'
import type { PaletteItem } from './palette-pages'

const itemClass =
  'flex h-9 cursor-pointer items-center gap-2.5 rounded-control px-2.5 data-[selected=true]:bg-surface-hover [&_svg]:size-4 [&_svg]:text-ink-muted'
const groupClass =
  '[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-ink-muted'

type PaletteProps = {
  regions: RegionChoice[]
  search: string
  onSearch: (search: string) => void
  /** The element that gets the focus back if nothing was chosen. */
  opener: Element | null
  onClose: () => void
}

/** Jumps to an image, a page or a region, and acts on the image in view. */
export function Palette({ regions, search, onSearch, opener, onClose }: PaletteProps) {
  const t = useTranslations('shell')
  const router = useRouter()
  const [selected, setSelected] = useState('')
  const isDismissed = useRef(false)
  const groups = usePaletteGroups(search, regions)
  const dismiss = () => {
    isDismissed.current = true
    onClose()
  }
  const choose = (item: PaletteItem) => () => {
    onClose()
    if ('run' in item) return item.run()
    beginNavigation()
    router.push(item.href)
  }
  const onCloseAutoFocus = (event: Event) => {
    event.preventDefault()
    const target = isDismissed.current && opener !== document.body ? opener : document.querySelector('h1')
    if (target instanceof HTMLElement) target.focus()
  }
  // If the selected item has disappeared, Enter takes the first one.
  const ids = groups.flatMap((group) => group.items.map((item) => item.id))
  const current = ids.includes(selected) ? selected : (ids[0] ?? '')
  return (
    <Dialog.Root open onOpenChange={(open) => !open && dismiss()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-appear bg-scrim" />
        <Dialog.Content aria-describedby={undefined} onCloseAutoFocus={onCloseAutoFocus} className={paletteClass}>
          <Dialog.Title className="sr-only">{t('search')}</Dialog.Title>
          <Command shouldFilter={false} loop label={t('search')} value={current} onValueChange={setSelected}>
            <Command.Input
              autoFocus
              value={search}
              onValueChange={onSearch}
              placeholder={t('searchPlaceholder')}
              className={paletteInputClass}
            />
            <Command.List className="max-h-[50dvh] overflow-y-auto p-1.5 text-sm">
              <Command.Empty className="px-3 py-6 text-center text-ink-muted">
                {search ? t('searchNothing', { query: search }) : t('searchHint')}
              </Command.Empty>
              {groups.map((group) => (
                <Command.Group key={group.heading} heading={group.heading} className={groupClass}>
                  {group.items.map((item) => (
                    <Command.Item key={item.id} value={item.id} onSelect={choose(item)} className={itemClass}>
                      <span aria-hidden>{item.icon}</span>
                      <span className="truncate">{item.label}</span>
                      {item.hint && <span className="ml-auto font-mono text-ink-muted text-xs">{item.hint}</span>}
                    </Command.Item>
                  ))}
                </Command.Group>
              ))}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
