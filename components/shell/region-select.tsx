'use client'

import { useQuery } from '@tanstack/react-query'
import { Check } from 'lucide'
import { useParams, usePathname, useRouter, useSearchParams } from 'next/navigation'
import { Select } from 'radix-ui'
import { Icon } from '@/components/ui/icon'
import { menuClass, menuItemClass } from '@/components/ui/menu-class'
import { paths } from '@/lib/paths'
import { regionContentsQuery } from '@/lib/regions/queries'
import { type RegionChoice, useCurrentRegion } from './current-region'
import { beginNavigation } from './navigation'
import { useRegionContentsText } from './region-contents'
import { RegionTriggerFace, regionTriggerClass } from './region-trigger'

type RegionSelectProps = {
  regions: RegionChoice[]
  current: RegionChoice
  hasNews: boolean
  label: string
}

/** The list of regions with their content. It replaces the button, so it starts open. */
export function RegionSelect({ regions, current, hasNews, label }: RegionSelectProps) {
  const { data = [], refetch } = useQuery(regionContentsQuery())
  const textOf = useRegionContentsText()
  const choose = useChoose()
  return (
    <Select.Root
      defaultOpen
      value={current.id}
      onValueChange={choose}
      onOpenChange={(isOpen) => isOpen && void refetch()}
    >
      <Select.Trigger aria-label={label} className={regionTriggerClass}>
        <RegionTriggerFace name={current.name} hasNews={hasNews} />
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
                  <span className="block text-ink-muted text-xs">
                    <span className="font-mono">{region.id}</span>
                    <Contents text={textOf(data.find((contents) => contents.region === region.id))} />
                  </span>
                </span>
                <Select.ItemIndicator>
                  <Icon of={Check} className="size-4 text-accent" />
                </Select.ItemIndicator>
              </Select.Item>
            ))}
          </Select.Viewport>
        </Select.Content>
      </Select.Portal>
    </Select.Root>
  )
}

function Contents({ text }: { text: string }) {
  return text && <span className="tabular-nums"> · {text}</span>
}

/**
 * Changes the region. On a list it keeps the page and its filters; from an image it opens that region's list; on a page
 * without a region it only remembers the choice.
 */
function useChoose(): (region: string) => void {
  const router = useRouter()
  const pathname = usePathname()
  const search = useSearchParams()
  const params = useParams<{ region?: string; imageId?: string }>()
  const isSnapshots = pathname === `/${params.region}/snapshots`
  const isInstances = pathname.startsWith(`/${params.region}/instances`)
  const { remember } = useCurrentRegion()
  return (region: string) => {
    remember(region)
    if (!params.region) return
    beginNavigation()
    if (params.imageId) {
      router.push(paths.customImages(region))
      return
    }
    if (isInstances && !pathname.endsWith('/instances')) {
      router.push(paths.instances(region))
      return
    }
    const isShared = pathname.endsWith('/images/shared')
    // A cursor belongs to one region's list; filters and order are kept.
    const list = {
      q: search.get('q') ?? '',
      state: search.get('state') ?? '',
      os: search.get('os') ?? '',
      tag: search.get('tag') ?? '',
      sort: search.get('sort') ?? '',
      size: Number(search.get('size')) || undefined,
    }
    const listOf = isSnapshots
      ? paths.snapshots
      : isInstances
        ? paths.instances
        : isShared
          ? paths.sharedImages
          : paths.customImages
    router.push(listOf(region, list))
  }
}
