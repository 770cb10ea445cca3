'use client'

import Link from 'next/link'
import { useFormatter, useLocale, useTranslations } from 'next-intl'
import { useEffect, useRef, useState } from 'react'
import { Notice } from '@/components/ui/notice'
import { ProgressBar } from '@/components/ui/progress-bar'
import { formatBytes } from '@/lib/format'
import { canImage, isAvailable, isInRecycleBin, isTransferring, percentDone } from '@/lib/images/rules'
import type { OwnImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'

/** Notices about an own image that is changing: a running import or copy, its outcome, and the days left in the recycle bin. */
export function ImageMotion({ image }: { image: OwnImage }) {
  const t = useTranslations('motion')
  const format = useFormatter()
  const hasJustBecomeAvailable = useBecameAvailable(image.state)
  if (isTransferring(image.state)) return <Motion image={image} />
  if (isInRecycleBin(image.state) && image.purgedAt)
    return (
      <Notice tone="warn" title={t('binTitle')}>
        {t('binText', { time: format.dateTime(new Date(image.purgedAt), { dateStyle: 'long', timeStyle: 'short' }) })}
      </Notice>
    )
  if (hasJustBecomeAvailable)
    return (
      <div role="status">
        <Notice
          tone="info"
          title={image.source === 'CLEAN' ? t('cleaned') : image.copyOf ? t('copied') : t('imported')}
        >
          <Link
            href={
              image.source === 'CLEAN'
                ? paths.imageCheck(image.regionId, image.id)
                : paths.shareImage(image.regionId, image.id)
            }
            className="rounded-sm font-medium text-accent hover:underline"
          >
            {t(image.source === 'CLEAN' ? 'showReport' : 'shareNow')}
          </Link>
        </Notice>
      </div>
    )
  return null
}

function Motion({ image }: { image: OwnImage }) {
  const t = useTranslations()
  const locale = useLocale()
  const percent = percentDone(image)
  const what = image.step ? t(`steps.${image.step}`) : t('states.copying')
  const words = percent === null ? what : t('steps.percent', { what, percent })
  // CONVERT and CLEAN count the virtual disk, so they show percent; other steps show bytes.
  const isBytes = image.step !== 'CONVERT' && image.step !== 'CLEAN' && image.totalBytes > 0
  return (
    <section className="flex flex-col gap-2 rounded-card border border-line bg-surface-raised p-4">
      <div className="flex flex-wrap justify-between gap-x-4 font-medium text-sm tabular-nums">
        <span>{words}</span>
        {isBytes && (
          <span className="font-normal text-ink-muted">
            {`${formatBytes(image.doneBytes, locale)} / ${formatBytes(image.totalBytes, locale)}`}
          </span>
        )}
      </div>
      <ProgressBar label={words} done={image.doneBytes} max={image.totalBytes} />
      <p className="text-ink-muted text-xs">
        {t(canImage('cancelCopy', image.state) ? 'motion.copyGoesOn' : 'motion.importGoesOn')}
      </p>
    </section>
  )
}

/** Whether the image became available while this page was open. */
function useBecameAvailable(state: string): boolean {
  const before = useRef(state)
  const [became, setBecame] = useState(false)
  useEffect(() => {
    const wasThere = isAvailable(before.current) || isInRecycleBin(before.current)
    if (!wasThere && isAvailable(state)) setBecame(true)
    before.current = state
  }, [state])
  return became
}
