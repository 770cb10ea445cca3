'use client'

import { useQuery } from '@tanstack/react-query'
import { Check } from 'lucide-react'
import { Select } from 'radix-ui'
import { menuClass, menuItemClass } from '@/components/ui/menu-class'
import { regionContentsQuery } from '@/lib/regions/queries'
import type { RegionChoice } from './current-region'
import { useRegionContentsText } from './region-contents'
import { RegionTriggerFace, regionTriggerClass } from './region-trigger'

type RegionSelectProps = {
  regions: RegionChoice[]
  current: RegionChoice
  hasNews: boolean
  label: string
  onChoose: (region: string) => void
}

/** The list of regions with what is there, open from the start: it takes the place of the button that asked for it. */
export function RegionSelect({ regions, current, hasNews, label, onChoose }: RegionSelectProps) {
  const { data = [], refetch } = useQuery(regionContentsQuery())
  const textOf = useRegionContentsText()
  return (
    <Select.Root
      defaultOpen
      value={current.id}
      onValueChange={onChoose}
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

function Contents({ text }: { text: string }) {
  return text && <span className="tabular-nums"> · {text}</span>
}
