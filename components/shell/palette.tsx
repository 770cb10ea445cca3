'use client'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Command } from 'cmdk'
import { Disc3, IdCard, MapPin, Share2 } from 'lucide-react'
import type { Route } from 'next'
import { useParams, useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { Dialog } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { useDialogFocus } from '@/components/ui/dialog-focus'
import { findImagesQuery } from '@/lib/images/queries'
import { paths } from '@/lib/paths'
import { type RegionChoice, useCurrentRegion } from './current-region'

const itemClass =
  'flex h-9 cursor-pointer items-center gap-2.5 rounded-control px-2.5 data-[selected=true]:bg-surface-hover [&_svg]:size-4 [&_svg]:text-ink-muted'
const groupClass =
  '[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-ink-muted'

type Item = { id: string; href: Route; icon: ReactNode; label: string; hint?: string }
type Group = { heading: string; items: Item[] }

const imagesShown = 8

/** Jumps to an image, a page or a region, and acts on the image in view. */
export function Palette({ regions, onClose }: { regions: RegionChoice[]; onClose: () => void }) {
  const t = useTranslations()
  const focus = useDialogFocus()
  const router = useRouter()
  const { imageId } = useParams<{ imageId?: string }>()
  const { region } = useCurrentRegion()
  const [search, setSearch] = useState('')
  const [selected, setSelected] = useState('')
  const found = useQuery({
    ...findImagesQuery(region, search),
    enabled: region !== '',
    placeholderData: keepPreviousData,
  })
  const dismiss = () => {
    focus.onDismiss()
    onClose()
  }
  const go = (href: Route) => () => {
    onClose()
    router.push(href)
  }
  const matches = (...texts: string[]) => texts.some((text) => text.toLowerCase().includes(search.trim().toLowerCase()))
  const groups: Group[] = [
    {
      heading: t('shell.searchHere'),
      items:
        imageId && matches(t('share.title'), t('shell.searchHere'))
          ? [{ id: 'share', href: paths.shareImage(region, imageId), icon: <Share2 />, label: t('share.title') }]
          : [],
    },
    {
      heading: t('shell.searchImages'),
      items: (found.data?.items ?? []).slice(0, imagesShown).map((image) => ({
        id: image.id,
        href: paths.image(region, image.id),
        icon: <Disc3 />,
        label: image.name,
        hint: image.id,
      })),
    },
    {
      heading: t('shell.searchPages'),
      items: [
        { id: 'custom', href: paths.customImages(region), icon: <Disc3 />, label: t('images.custom') },
        { id: 'shared', href: paths.sharedImages(region), icon: <Share2 />, label: t('images.shared') },
        { id: 'account', href: paths.account(), icon: <IdCard />, label: t('account.title') },
      ].filter((page) => matches(page.label)),
    },
    {
      heading: t('shell.searchRegions'),
      items: regions
        .filter((choice) => matches(choice.name, choice.id))
        .map(({ id, name }) => ({ id, href: paths.customImages(id), icon: <MapPin />, label: name, hint: id })),
    },
  ]
  // What was selected may have gone with the last letter or the last answer; then Enter takes the first one.
  const ids = groups.flatMap((group) => group.items.map((item) => item.id))
  const current = ids.includes(selected) ? selected : (ids[0] ?? '')
  return (
    <Dialog.Root open onOpenChange={(open) => !open && dismiss()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-appear bg-scrim" />
        <Dialog.Content
          aria-describedby={undefined}
          onCloseAutoFocus={focus.onCloseAutoFocus}
          className="fixed top-[12dvh] left-1/2 z-50 w-[min(560px,calc(100vw-32px))] -translate-x-1/2 overflow-hidden rounded-card border border-line bg-surface-float shadow-float"
        >
          <Dialog.Title className="sr-only">{t('shell.search')}</Dialog.Title>
          <Command shouldFilter={false} loop label={t('shell.search')} value={current} onValueChange={setSelected}>
            <Command.Input
              autoFocus
              value={search}
              onValueChange={setSearch}
              placeholder={t('shell.searchPlaceholder')}
              className="h-12 w-full border-line border-b bg-transparent px-4 text-md outline-none placeholder:text-ink-muted"
            />
            <Command.List className="max-h-[50dvh] overflow-y-auto p-1.5 text-sm">
              <Command.Empty className="px-3 py-6 text-center text-ink-muted">
                {search ? t('shell.searchNothing', { query: search }) : t('shell.searchHint')}
              </Command.Empty>
              {groups
                .filter((group) => group.items.length > 0)
                .map((group) => (
                  <Command.Group key={group.heading} heading={group.heading} className={groupClass}>
                    {group.items.map((item) => (
                      <Command.Item key={item.id} value={item.id} onSelect={go(item.href)} className={itemClass}>
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
