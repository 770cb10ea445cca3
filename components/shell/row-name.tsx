'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { CopyButton } from '@/components/ui/copy-button'
import { Ellipsis } from '@/components/ui/ellipsis'

type RowNameProps = {
  /** Null where the id is not for the reader yet. */
  id: string | null
  name: string
  /** The page of what is listed; without one its name leads nowhere. */
  href?: Route
  badge?: ReactNode
  /** Stands between name and id: what a column says that the table has no room for. */
  children?: ReactNode
}

/** The first column of a list: the name, and below it the id that machines use. */
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
