'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { CopyButton } from '@/components/ui/copy-button'
import { Ellipsis } from '@/components/ui/ellipsis'

type RowNameProps = {
  /** Null if the reader may not know the id yet. */
  id: string | null
  name: string
  /** The page of the listed thing; without one the name is no link. */
  href?: Route
  badge?: ReactNode
  /** Between name and id: the content of a column that the table has no room for. */
  children?: ReactNode
}

/** The first column of a list: the name, and its id below. */
export function RowName({ id, name, href, badge, children }: RowNameProps) {
  const t = useTranslations('images')
  return (
    <div className="min-w-0">
      <div className="flex items-center gap-x-2">
        {href ? (
          <Ellipsis text={name}>
            {({ className, ref }) => (
              <Link ref={ref} href={href} className={`${className} rounded-sm font-medium text-accent hover:underline`}>
                {name}
              </Link>
            )}
          </Ellipsis>
        ) : (
          <Ellipsis text={name} className="font-medium" />
        )}
        {badge}
      </div>
      {children}
      {id !== null && (
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
      )}
    </div>
  )
}
