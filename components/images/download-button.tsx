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
 * Downloads the disk of an own image. A link, so it works before its script has come; with it, a download that is refused says
 * why on the page, where a browser would say only that it failed.
 */
export function DownloadButton({ image }: { image: OwnImage }) {
  const t = useTranslations()
  const isAsking = useRef(false)
  const href = paths.api.imageContent(image.regionId, image.id)
  const download = async (event: MouseEvent) => {
    // In a tab of its own it is a page.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    if (isAsking.current) return
    isAsking.current = true
    // The browser shows nothing before the first byte, and that waits for the whole disk to be read.
    await toast(t('images.downloadChecks', { image: image.name }))
    const refusal = await findDownloadRefusal(href).finally(() => {
      isAsking.current = false
    })
    if (!refusal) return startDownload(href)
    // The bar over the page says it.
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
