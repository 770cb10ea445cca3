'use client'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Command } from 'cmdk'
import { Disc3, IdCard, MapPin, Share2 } from 'lucide-react'
import type { Route } from 'next'
import { useParams, useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { Dialog } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { findImagesQuery } from '@/lib/images/queries'
import { paths } from '@/lib/paths'
import type { RegionChoice } from './region-picker'

const itemClass =
  'flex h-9 cursor-pointer items-center gap-2.5 rounded-control px-2.5 data-[selected=true]:bg-surface-hover [&_svg]:size-4 [&_svg]:text-ink-muted'
const groupClass =
  '[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-ink-muted'

/** Jumps to an image, a page or a region, and acts on the image in view. */
export function Palette({ regions, onClose }: { regions: RegionChoice[]; onClose: () => void }) {
  const t = useTranslations()
  const router = useRouter()
  const params = useParams<{ region?: string; imageId?: string }>()
  const region = params.region ?? regions[0]?.id ?? ''
  const [search, setSearch] = useState('')
  const found = useQuery({
    ...findImagesQuery(region, search),
    enabled: region !== '',
    placeholderData: keepPreviousData,
  })
  const go = (href: Route) => () => {
    onClose()
    router.push(href)
  }
  const matches = (...texts: string[]) => texts.some((text) => text.toLowerCase().includes(search.trim().toLowerCase()))
  const pages: { href: Route; label: string; icon: ReactNode }[] = [
    { href: paths.customImages(region), label: t('images.custom'), icon: <Disc3 aria-hidden /> },
    { href: paths.sharedImages(region), label: t('images.shared'), icon: <Share2 aria-hidden /> },
    { href: paths.account(), label: t('account.title'), icon: <IdCard aria-hidden /> },
  ]
  const isHere = params.imageId !== undefined && matches(t('share.title'), t('shell.searchHere'))
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-appear bg-scrim" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[12dvh] left-1/2 z-50 w-[min(560px,calc(100vw-32px))] -translate-x-1/2 overflow-hidden rounded-card border border-line bg-surface-float shadow-float"
        >
          <Dialog.Title className="sr-only">{t('shell.search')}</Dialog.Title>
          <Command shouldFilter={false} loop label={t('shell.search')}>
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
              {isHere && (
                <Command.Group heading={t('shell.searchHere')} className={groupClass}>
                  <Command.Item
                    value="here-share"
                    onSelect={go(paths.shareImage(region, params.imageId ?? ''))}
                    className={itemClass}
                  >
                    <Share2 aria-hidden />
                    {t('share.title')}
                  </Command.Item>
                </Command.Group>
              )}
              {found.data && found.data.items.length > 0 && (
                <Command.Group heading={t('shell.searchImages')} className={groupClass}>
                  {found.data.items.slice(0, 8).map((image) => (
                    <Command.Item
                      key={image.id}
                      value={image.id}
                      onSelect={go(paths.image(region, image.id))}
                      className={itemClass}
                    >
                      <Disc3 aria-hidden />
                      <span className="truncate">{image.name}</span>
                      <span className="ml-auto font-mono text-ink-muted text-xs">{image.id}</span>
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
              {pages.some((page) => matches(page.label)) && (
                <Command.Group heading={t('shell.searchPages')} className={groupClass}>
                  {pages
                    .filter((page) => matches(page.label))
                    .map((page) => (
                      <Command.Item key={page.href} value={page.href} onSelect={go(page.href)} className={itemClass}>
                        {page.icon}
                        {page.label}
                      </Command.Item>
                    ))}
                </Command.Group>
              )}
              {regions.some((choice) => matches(choice.name, choice.id)) && (
                <Command.Group heading={t('shell.searchRegions')} className={groupClass}>
                  {regions
                    .filter((choice) => matches(choice.name, choice.id))
                    .map((choice) => (
                      <Command.Item
                        key={choice.id}
                        value={choice.id}
                        onSelect={go(paths.customImages(choice.id))}
                        className={itemClass}
                      >
                        <MapPin aria-hidden />
                        {choice.name}
                        <span className="ml-auto font-mono text-ink-muted text-xs">{choice.id}</span>
                      </Command.Item>
                    ))}
                </Command.Group>
              )}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
