'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { CheckShield } from '@/components/checks/check-shield'
import { canImage } from '@/lib/images/rules'
import type { SelectedImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'
import { recipientsMax } from '@/lib/shares/rules'

/** The selected images as hidden fields of a form, each with its number of recipients and its verdict. */
export function SelectedList({ region, images }: { region: string; images: SelectedImage[] }) {
  const t = useTranslations()
  return (
    <ul
      aria-label={t('selected.images')}
      className="flex flex-col divide-y divide-line rounded-control border border-line bg-surface-muted"
    >
      {images.map((image) => (
        <li key={image.id} className="flex flex-wrap items-center gap-x-2 gap-y-1 px-3 py-2">
          <input type="hidden" name="imageIds[]" value={image.id} />
          <Link
            href={paths.shareImage(region, image.id)}
            className="min-w-0 rounded-sm font-medium text-accent [overflow-wrap:anywhere] hover:underline"
          >
            {image.name}
          </Link>
          <CheckShield {...image} />
          <span className="ml-auto text-ink-muted text-xs tabular-nums">
            {canImage('share', image.state)
              ? t('selected.recipients', { count: image.recipients, max: recipientsMax })
              : t(`states.${image.state}`)}
          </span>
        </li>
      ))}
    </ul>
  )
}
