'use client'

import { Check, ChevronDown, MapPin } from 'lucide-react'
import { useParams, usePathname, useRouter, useSearchParams } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { Select } from 'radix-ui'
import { useEffect, useState } from 'react'
import { barButtonClass, menuClass, menuItemClass } from '@/components/ui/menu'
import { paths } from '@/lib/paths'
import { regionCookie, rememberPreference } from './preferences'

export type RegionChoice = { id: string; name: string }

/**
 * Which region is looked at. On a list it keeps the page and its filters, from an image it leads to that region's list,
 * and where no region is part of the page it only remembers the choice.
 */
export function RegionPicker({ regions, remembered }: { regions: RegionChoice[]; remembered: string | null }) {
  const t = useTranslations('shell')
  const router = useRouter()
  const pathname = usePathname()
  const search = useSearchParams()
  const params = useParams<{ region?: string; imageId?: string }>()
  const [chosen, setChosen] = useState(remembered)
  const current = regions.find((region) => region.id === (params.region ?? chosen)) ?? regions[0]

  useEffect(() => {
    if (params.region) rememberPreference(regionCookie, params.region)
  }, [params.region])

  const choose = (region: string) => {
    rememberPreference(regionCookie, region)
    setChosen(region)
    if (!params.region) return
    if (params.imageId) {
      router.push(paths.customImages(region))
      return
    }
    const isShared = pathname.endsWith('/images/shared')
    // A cursor points into one region's list; the filters and the order go along.
    const list = {
      q: search.get('q') ?? '',
      state: search.get('state') ?? '',
      os: search.get('os') ?? '',
      sort: search.get('sort') ?? '',
    }
    router.push(isShared ? paths.sharedImages(region, list) : paths.customImages(region, list))
  }

  if (!current) return null
  return (
    <Select.Root value={current.id} onValueChange={choose}>
      <Select.Trigger
        aria-label={t('region')}
        className={`${barButtonClass} min-w-0 max-w-60 shrink border border-bar-line`}
      >
        <MapPin aria-hidden className="size-4 shrink-0 text-bar-muted max-sm:hidden" />
        <span className="truncate">
          <Select.Value>{current.name}</Select.Value>
        </span>
        <Select.Icon>
          <ChevronDown aria-hidden className="size-4 shrink-0 text-bar-muted" />
        </Select.Icon>
      </Select.Trigger>
      <Select.Portal>
        <Select.Content
          position="popper"
          sideOffset={6}
          className={`${menuClass} max-h-[60dvh] max-w-[calc(100vw-16px)]`}
        >
          <Select.Viewport>
            {regions.map((region) => (
              <Select.Item key={region.id} value={region.id} className={`${menuItemClass} h-11`}>
                <span className="min-w-0 flex-1">
                  <Select.ItemText>{region.name}</Select.ItemText>
                  <span className="block font-mono text-ink-muted text-xs">{region.id}</span>
                </span>
                <Select.ItemIndicator>
                  <Check aria-hidden className="size-4 text-accent" />
                </Select.ItemIndicator>
              </Select.Item>
            ))}
          </Select.Viewport>
        </Select.Content>
      </Select.Portal>
    </Select.Root>
  )
}
