'use client'

import { ChevronDown, MapPin } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { barButtonClass } from '@/components/ui/menu-class'

export const regionTriggerClass = `${barButtonClass} relative min-w-0 max-w-60 shrink border border-bar-line`

/** What the region picker shows, open or not. A dot says that another region has new shares; its list says which. */
export function RegionTriggerFace({ name, hasNews }: { name: string; hasNews: boolean }) {
  const t = useTranslations('regions')
  return (
    <>
      <MapPin aria-hidden className="size-4 shrink-0 text-bar-muted max-sm:hidden" />
      <span className="truncate">{name}</span>
      {hasNews && (
        <span
          role="img"
          aria-label={t('news')}
          title={t('news')}
          className="absolute -top-1 -right-1 size-2.5 rounded-full border-2 border-bar bg-brand"
        />
      )}
      <ChevronDown aria-hidden className="size-4 shrink-0 text-bar-muted" />
    </>
  )
}
