'use client'

import { useTranslations } from 'next-intl'
import type { ImageInstances } from '@/lib/instances/schema'

/** Who has instances of an image that is about to go, and what they lose. Nothing where nobody has any. */
export function ImageInstancesList({ usedBy }: { usedBy: ImageInstances }) {
  const t = useTranslations('imageInstances')
  if (usedBy.length === 0) return null
  return (
    <div>
      <p>{t('listed')}</p>
      <ul className="mt-1 list-disc pl-5">
        {usedBy.map(({ username, instances }) => (
          <li key={username}>{t('of', { username, count: instances })}</li>
        ))}
      </ul>
    </div>
  )
}
