'use client'

import { useTranslations } from 'next-intl'
import type { ImageInstances } from '@/lib/instances/schema'

/** The accounts with instances of images that are about to be deleted, and what they lose. Renders nothing if there are none. */
export function ImageInstancesList({ usedBy, images = 1 }: { usedBy: ImageInstances; images?: number }) {
  const t = useTranslations('imageInstances')
  if (usedBy.length === 0) return null
  return (
    <div>
      <p>{t('listed', { images })}</p>
      <ul className="mt-1 list-disc pl-5">
        {usedBy.map(({ username, instances }) => (
          <li key={username}>{t('of', { username, count: instances })}</li>
        ))}
      </ul>
    </div>
  )
}
