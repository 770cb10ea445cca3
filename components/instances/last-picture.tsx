'use client'

import { useTranslations } from 'next-intl'
import { useEffect, useRef, useState } from 'react'

/** The last picture of a machine's screen before it ended. */
export function LastPicture({ url, name }: { url: string; name: string }) {
  const t = useTranslations('views')
  const [isMissing, setIsMissing] = useState(false)
  const picture = useRef<HTMLImageElement>(null)
  useEffect(() => {
    // The image may have failed to load before this script listened for errors.
    if (picture.current?.complete && picture.current.naturalWidth === 0) setIsMissing(true)
  }, [])
  if (isMissing) return <p className="p-6 text-bar-muted text-sm">{t('noPicture')}</p>
  return (
    <figure className="flex flex-col">
      {/* biome-ignore lint/performance/noImgElement: private to one viewer and not cacheable, so there is nothing to optimise. */}
      <img
        ref={picture}
        src={url}
        alt={t('pictureOf', { name })}
        className="mx-auto max-h-[75dvh] max-w-full object-contain opacity-80"
        onError={() => setIsMissing(true)}
      />
      <figcaption className="px-4 py-2 text-bar-muted text-xs">{t('lastPicture')}</figcaption>
    </figure>
  )
}
