'use client'

import { ChevronDown, MapPin } from 'lucide-react'
import { barButtonClass } from '@/components/ui/menu-class'

export const regionTriggerClass = `${barButtonClass} min-w-0 max-w-60 shrink border border-bar-line`

/** What the region picker shows, open or not. */
export function RegionTriggerFace({ name }: { name: string }) {
  return (
    <>
      <MapPin aria-hidden className="size-4 shrink-0 text-bar-muted max-sm:hidden" />
      <span className="truncate">{name}</span>
      <ChevronDown aria-hidden className="size-4 shrink-0 text-bar-muted" />
    </>
  )
}
