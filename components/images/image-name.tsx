'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { CopyButton } from '@/components/ui/copy-button'
import { paths } from '@/lib/paths'

/** The first column of an image list: the name, and below it the id that machines use. */
export function ImageName({
  region,
  id,
  name,
  badge,
}: {
  region: string
  id: string
  name: string
  badge?: ReactNode
}) {
  const t = useTranslations('images')
  return (
    <div className="min-w-0">
      <div className="flex flex-wrap items-center gap-x-2">
        <Link href={paths.image(region, id)} className="rounded-sm font-medium text-accent hover:underline">
          {name}
        </Link>
        {badge}
      </div>
      <div className="flex h-4 items-center gap-0.5 font-mono text-ink-muted text-xs">
        {id}
        <CopyButton text={id} label={t('copyId', { id })} copiedLabel={t('copied')} isQuiet />
      </div>
    </div>
  )
}
