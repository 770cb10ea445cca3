'use client'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Copy, Disc3, Languages, MapPin, Moon, Server, Share2, Terminal } from 'lucide'
import type { Route } from 'next'
import { useParams, useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { Icon } from '@/components/ui/icon'
import { findImagesQuery } from '@/lib/images/queries'
import { findInstancesQuery } from '@/lib/instances/queries'
import { localeCookie, localeNames, locales } from '@/lib/messages/locales'
import { paths } from '@/lib/paths'
import { findSharedImagesQuery } from '@/lib/shares/queries'
import { type RegionChoice, useCurrentRegion } from './current-region'
import { type PaletteItem, usePages } from './palette-pages'
import { chooseTheme, rememberPreference, themes } from './preferences'
import { useMay } from './rights'

export type PaletteGroup = { heading: string; items: PaletteItem[] }

const imagesShown = 8

/** The groups that match the input; empty ones are left out. */
export function usePaletteGroups(search: string, regions: RegionChoice[]): PaletteGroup[] {
  const t = useTranslations('shell')
  const typed = search.toLowerCase().split(/\s+/).filter(Boolean)
  const matches = ({ label, hint = '', words = '' }: PaletteItem) => {
    const known = `${label} ${hint} ${words}`.toLowerCase()
    return typed.every((word) => known.includes(word))
  }
  const places = regions.map(({ id, name }) => ({
    id,
    href: paths.customImages(id),
    icon: <Icon of={MapPin} />,
    label: name,
    hint: id,
  }))
  const actions = useActions()
  const groups = [
    { heading: t('searchHere'), items: useImageInView().filter(matches) },
    { heading: t('searchThisInstance'), items: useInstanceInView().filter(matches) },
    { heading: t('searchImages'), items: useFoundImages(search) },
    { heading: t('searchInstances'), items: useFoundInstances(search) },
    { heading: t('searchPages'), items: usePages().filter(matches) },
    { heading: t('searchRegions'), items: places.filter(matches) },
    // Shown only for a search: without one they would be in the way.
    { heading: t('searchActions'), items: typed.length === 0 ? [] : actions.filter(matches) },
  ]
  return groups.filter((group) => group.items.length > 0)
}

function useImageInView(): PaletteItem[] {
  const t = useTranslations()
  const may = useMay()
  const { imageId } = useParams<{ imageId?: string }>()
  const { region } = useCurrentRegion()
  if (!imageId) return []
  const words = t('shell.searchHere')
  const createInstanceOf = {
    id: 'create-instance-of',
    href: paths.createInstance(region, imageId),
    icon: <Icon of={Server} />,
    label: t('createInstance.title'),
    words,
  }
  return [
    {
      id: 'share',
      href: paths.shareImage(region, imageId),
      icon: <Icon of={Share2} />,
      label: t('share.title'),
      words,
    },
    ...(may('images.download', region) && may('images.change', null)
      ? [
          {
            id: 'copy',
            href: paths.copyImage(region, imageId),
            icon: <Icon of={Copy} />,
            label: t('copy.title'),
            words,
          },
        ]
      : []),
    ...(may('instances.change', region) ? [createInstanceOf] : []),
  ]
}
function useInstanceInView(): PaletteItem[] {
  const t = useTranslations()
  const { instanceId } = useParams<{ instanceId?: string }>()
  const { region } = useCurrentRegion()
  if (!instanceId) return []
  const words = t('shell.searchThisInstance')
  const item = (id: 'console' | 'screen' | 'snapshots' | 'history', href: Route): PaletteItem => ({
    id: `instance-${id}`,
    href,
    icon: <Icon of={Terminal} />,
    label: t(`instances.tab.${id}`),
    words,
  })
  return [
    item('console', paths.instanceConsole(region, instanceId)),
    item('screen', paths.instanceScreen(region, instanceId)),
    item('snapshots', paths.instanceSnapshots(region, instanceId)),
    item('history', paths.instanceHistory(region, instanceId)),
  ]
}

function useFoundInstances(search: string): PaletteItem[] {
  const { region } = useCurrentRegion()
  const found = useQuery({
    ...findInstancesQuery(region, search),
    enabled: region !== '',
    placeholderData: keepPreviousData,
  })
  const typed = search.trim().toLowerCase()
  return (found.data?.items ?? [])
    .filter(({ id, name }) => !found.isPlaceholderData || `${id} ${name}`.toLowerCase().includes(typed))
    .slice(0, imagesShown)
    .map(({ id, name }) => ({
      id,
      href: paths.instance(region, id),
      icon: <Icon of={Server} />,
      label: name,
      hint: id,
    }))
}

function useFoundImages(search: string): PaletteItem[] {
  const { region } = useCurrentRegion()
  const options = { enabled: region !== '', placeholderData: keepPreviousData }
  const own = useQuery({ ...findImagesQuery(region, search), ...options })
  const shared = useQuery({ ...findSharedImagesQuery(region, search), ...options })
  const typed = search.trim().toLowerCase()
  // While the last answer is outdated, show only matches of the current input, so that Enter follows no other.
  const fits = (isOld: boolean, texts: string[]) => !isOld || texts.join(' ').toLowerCase().includes(typed)
  const item = (id: string, label: string, icon: ReactNode): PaletteItem => ({
    id,
    href: paths.image(region, id),
    icon,
    label,
    hint: id,
  })
  return [
    ...(own.data?.items ?? [])
      .filter(({ id, name }) => fits(own.isPlaceholderData, [id, name]))
      .slice(0, imagesShown)
      .map(({ id, name }) => item(id, name, <Icon of={Disc3} />)),
    ...(shared.data?.items ?? [])
      // A pending share has no image page to open.
      .flatMap(({ imageId, ...image }) => (imageId === null ? [] : [{ ...image, imageId }]))
      .filter(({ imageId, name, sharer }) => fits(shared.isPlaceholderData, [imageId, name, sharer]))
      .slice(0, imagesShown)
      .map(({ imageId, name }) => item(imageId, name, <Icon of={Share2} />)),
  ]
}

function useActions(): PaletteItem[] {
  const t = useTranslations('shell')
  const router = useRouter()
  const labels = { system: t('themeSystem'), light: t('themeLight'), dark: t('themeDark') }
  return [
    ...themes.map((theme) => ({
      id: `theme-${theme}`,
      icon: <Icon of={Moon} />,
      label: `${t('theme')}: ${labels[theme]}`,
      run: () => chooseTheme(theme),
    })),
    ...locales.map((locale) => ({
      id: `language-${locale}`,
      icon: <Icon of={Languages} />,
      label: `${t('language')}: ${localeNames[locale]}`,
      run: () => {
        rememberPreference(localeCookie, locale)
        router.refresh()
      },
    })),
  ]
}
