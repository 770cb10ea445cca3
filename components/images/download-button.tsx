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
 * Downloads the disk of an own image. A plain link until its script has loaded; with the script, the page shows why a
 * download was refused, where a browser would only report a failure.
 */
export function DownloadButton({ image }: { image: OwnImage }) {
  const t = useTranslations()
  const isAsking = useRef(false)
  const href = paths.api.imageContent(image.regionId, image.id)
  const download = async (event: MouseEvent) => {
    // The browser opens a modified click in another tab, where a refusal is shown as a page.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    if (isAsking.current) return
    isAsking.current = true
    // The server verifies the whole disk before the first byte, so the browser shows nothing yet.
    await toast(t('images.downloadChecks', { image: image.name }))
    const refusal = await findDownloadRefusal(href).finally(() => {
      isAsking.current = false
    })
    if (!refusal) return startDownload(href)
    // The page status bar shows it.
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
