'use client'

import { ChevronDown, MapPin } from 'lucide'
import { useTranslations } from 'next-intl'
import { Icon } from '@/components/ui/icon'

export const regionTriggerClass = 'bar-button relative min-w-0 max-w-60 shrink border border-bar-line'

/** The content of the region picker's button. A dot means that another region has new shares. */
export function RegionTriggerFace({ name, hasNews }: { name: string; hasNews: boolean }) {
  const t = useTranslations('regions')
  return (
    <>
      <Icon of={MapPin} className="size-4 shrink-0 text-bar-muted max-sm:hidden" />
      <span className="truncate">{name}</span>
      {hasNews && (
        <span
          role="img"
          aria-label={t('news')}
          title={t('news')}
          className="absolute -top-1 -right-1 size-2.5 rounded-full border-2 border-bar bg-brand"
        />
      )}
      <Icon of={ChevronDown} className="size-4 shrink-0 text-bar-muted" />
    </>
  )
}
