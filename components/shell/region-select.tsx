'use client'

import { Check } from 'lucide-react'
import { Select } from 'radix-ui'
import { menuClass, menuItemClass } from '@/components/ui/menu-class'
import type { RegionChoice } from './region-picker'
import { RegionTriggerFace, regionTriggerClass } from './region-trigger'

type RegionSelectProps = {
  regions: RegionChoice[]
  current: RegionChoice
  label: string
  onChoose: (region: string) => void
}

/** The list of regions, open from the start: it takes the place of the button that asked for it. */
export function RegionSelect({ regions, current, label, onChoose }: RegionSelectProps) {
  return (
    <Select.Root defaultOpen value={current.id} onValueChange={onChoose}>
      <Select.Trigger aria-label={label} className={regionTriggerClass}>
        <RegionTriggerFace name={current.name} />
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
