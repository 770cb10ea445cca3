'use client'

import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useEffect, useRef } from 'react'
import { NotFoundPage } from '@/components/shell/not-found-page'
import { buttonClass } from '@/components/ui/button-class'
import { paths } from '@/lib/paths'
import { lastEndedShareQuery } from '@/lib/shares/queries'
import { useEndedText } from './ended-text'

type EndedSharePageProps = {
  region: string
  imageId: string
  /** True if it ended while the page was open: the focused element is gone, so the message takes the focus. */
  isNews: boolean
}

/**
 * The page of a missing image. A former recipient learns who ended the share, from the event of that share; everybody
 * else gets the same answer as for an image that never existed.
 */
export function EndedSharePage({ region, imageId, isNews }: EndedSharePageProps) {
  const t = useTranslations('ended')
  const textOf = useEndedText()
  const { data, isPending } = useQuery(lastEndedShareQuery(region, imageId))
  const heading = useRef<HTMLHeadingElement>(null)
  const ended = data?.[0]
  const isShown = ended !== undefined
  useEffect(() => {
    if (isNews && isShown) heading.current?.focus()
  }, [isNews, isShown])
  if (isNews && isPending) return null
  if (!ended) return <NotFoundPage />
  return (
    <main id="content" className="flex min-h-[60dvh] flex-col items-center justify-center gap-3 px-4 text-center">
      <h1 ref={heading} tabIndex={-1} className="font-semibold text-xl">
        {t('title')}
      </h1>
      <p className="max-w-[60ch] [overflow-wrap:anywhere]">{textOf(ended)}</p>
      <p className="max-w-[60ch] text-ink-muted">{t('text', { other: ended.other })}</p>
      <Link href={paths.sharedImages(region)} className={buttonClass('primary')}>
        {t('toShared')}
      </Link>
    </main>
  )
}
