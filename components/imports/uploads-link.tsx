'use client'

import { useQueryClient } from '@tanstack/react-query'
import { Upload } from 'lucide-react'
import Link from 'next/link'
import { useFormatter, useTranslations } from 'next-intl'
import { useEffect, useRef, useState } from 'react'
import { barButtonClass } from '@/components/ui/menu-class'
import { paths } from '@/lib/paths'
import { isUnderWay, type RunningUpload } from '@/lib/uploads/running'
import { useUploads } from './use-uploads'

/** Says in the top bar that uploads go on, how far they are, and leads to them. What changes is read out politely. */
export function UploadsLink() {
  const t = useTranslations('import')
  const format = useFormatter()
  const uploads = useUploads()
  const said = useAnnouncement(uploads)
  const underWay = uploads.filter(isUnderWay)
  const first = underWay[0]
  const share =
    sum(underWay, (upload) => upload.sentBytes) /
    Math.max(
      1,
      sum(underWay, (upload) => upload.size),
    )
  const percent = format.number(Math.floor(share * 100) / 100, { style: 'percent' })
  return (
    <>
      <span role="status" className="sr-only">
        {said}
      </span>
      {first && (
        <Link
          href={paths.importImage(first.region)}
          aria-label={t('underWay', { count: underWay.length, percent })}
          title={t('underWay', { count: underWay.length, percent })}
          className={`${barButtonClass} tabular-nums`}
        >
          <Upload aria-hidden className="size-4 max-sm:hidden" />
          <span aria-hidden className="max-sm:hidden">
            {underWay.length} · {percent}
          </span>
          <span aria-hidden className="text-xs sm:hidden">
            {percent}
          </span>
        </Link>
      )}
    </>
  )
}

/** The last change of a state as a sentence. What a list shows is asked for anew when an upload has ended. */
function useAnnouncement(uploads: RunningUpload[]): string {
  const t = useTranslations('import')
  const client = useQueryClient()
  const known = useRef(new Map<string, string>())
  const [said, setSaid] = useState('')
  useEffect(() => {
    for (const { imageId, name, state } of uploads) {
      if (known.current.get(imageId) === state) continue
      known.current.set(imageId, state)
      setSaid(t('announce', { name, state: t(`states.${state}`) }))
      if (state !== 'arrived' && state !== 'failed') continue
      for (const noun of ['images', 'imports', 'quotas']) void client.invalidateQueries({ queryKey: [noun] })
    }
  }, [uploads, t, client])
  return said
}

function sum(uploads: RunningUpload[], of: (upload: RunningUpload) => number): number {
  return uploads.reduce((total, upload) => total + of(upload), 0)
}
