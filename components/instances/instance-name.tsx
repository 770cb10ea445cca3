'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { CopyButton } from '@/components/ui/copy-button'
import { Ellipsis } from '@/components/ui/ellipsis'
import { paths } from '@/lib/paths'

type InstanceNameProps = {
  region: string
  id: string
  name: string
  /** Stands between name and id where the table has no column for it. */
  typeId: string
  badge?: ReactNode
}

/** The first column of the list: the name, and below it the id that machines use. */
export function InstanceName({ region, id, name, typeId, badge }: InstanceNameProps) {
  const t = useTranslations('images')
  return (
    <div className="min-w-0">
      <div className="flex items-center gap-x-2">
        <Ellipsis text={name}>
          {({ className, ref }) => (
            <Link
              ref={ref}
              href={paths.instance(region, id)}
              className={`${className} rounded-sm font-medium text-accent hover:underline`}
            >
              {name}
            </Link>
          )}
        </Ellipsis>
        {badge}
      </div>
      <Ellipsis text={typeId} className="table-narrow text-ink-muted text-xs" />
      <div className="flex h-4 items-center gap-0.5 whitespace-nowrap font-mono text-ink-muted text-xs">
        {id}
        <CopyButton
          text={id}
          label={t('copyId', { id })}
          copiedLabel={t('copied')}
          failedLabel={t('copyFailed', { text: id })}
          isQuiet
        />
      </div>
    </div>
  )
}
