'use client'

import { useTranslations } from 'next-intl'
import { type MouseEvent, useRef } from 'react'
import { buttonClass } from '@/components/ui/button-class'
import { toast } from '@/components/ui/toasts'
import { findDownloadRefusal } from '@/lib/download-refusal'
import type { OwnImage } from '@/lib/images/schema'
import { isPageStatus } from '@/lib/page-status'
import { paths } from '@/lib/paths'

/**
 * Downloads the disk of an own image. A link that works before its script has loaded; with the script, the page shows
 * the reason of a refused download, where a browser would only say that it failed.
 */
export function DownloadButton({ image }: { image: OwnImage }) {
  const t = useTranslations()
  const isAsking = useRef(false)
  const href = paths.api.imageContent(image.regionId, image.id)
  const download = async (event: MouseEvent) => {
    // In another tab it is a page.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    if (isAsking.current) return
    isAsking.current = true
    // The browser shows nothing before the first byte, which waits until the whole disk is verified.
    await toast(t('images.downloadChecks', { image: image.name }))
    const refusal = await findDownloadRefusal(href).finally(() => {
      isAsking.current = false
    })
    if (!refusal) return startDownload(href)
    // The bar above the page shows it.
    if (isPageStatus(refusal)) return
    const reference = ('reference' in refusal && refusal.reference) || 'none'
    await toast(t(`downloads.${refusal.code}`, { reference }))
  }
  return (
    <a href={href} download onClick={download} className={buttonClass('secondary')}>
      {t('images.download')}
    </a>
  )
}

function startDownload(href: string): void {
  const link = document.createElement('a')
  link.href = href
  link.download = ''
  link.click()
}
