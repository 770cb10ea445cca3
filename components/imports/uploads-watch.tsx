'use client'

import { useQueryClient } from '@tanstack/react-query'
import { CircleAlert, Upload } from 'lucide'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { useFormatter, useTranslations } from 'next-intl'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useFailureText } from '@/components/images/failure-text'
import { Icon } from '@/components/ui/icon'
import { toast } from '@/components/ui/toasts'
import { isAvailable, isFailed } from '@/lib/images/rules'
import { paths } from '@/lib/paths'
import type { RunningUpload } from '@/lib/uploads/list'
import { hasFailed, isUnderWay } from '@/lib/uploads/running'
import { useUploads } from './use-uploads'

/** The uploads of this tab in the top bar: their progress or failures, and a link to them. */
export function UploadsWatch() {
  const t = useTranslations('import')
  const format = useFormatter()
  const uploads = useUploads()
  const pathname = usePathname()
  const said = useAnnouncement(uploads, pathname)
  const underWay = uploads.filter(isUnderWay)
  const failed = uploads.filter(hasFailed)
  const size = sum(underWay, (upload) => upload.size)
  const share = sum(underWay, (upload) => upload.sentBytes) / Math.max(1, size)
  const percent = format.number(Math.floor(share * 100) / 100, { style: 'percent' })
  return (
    <>
      <span role="status" className="sr-only">
        {said}
      </span>
      {underWay[0] ? (
        <BarLink to={underWay[0]} label={t('underWay', { count: underWay.length, percent })}>
          <Icon of={Upload} className="size-4 max-sm:hidden" />
          <span aria-hidden className="max-sm:hidden">
            {underWay.length} · {percent}
          </span>
          <span aria-hidden className="text-xs sm:hidden">
            {percent}
          </span>
        </BarLink>
      ) : (
        failed[0] &&
        pathname !== paths.importImage(failed[0].region) && (
          <BarLink to={failed[0]} label={t('failedCount', { count: failed.length })}>
            <Icon of={CircleAlert} className="size-4 text-brand" />
            <span aria-hidden>{failed.length}</span>
          </BarLink>
        )
      )}
    </>
  )
}

function BarLink({ to, label, children }: { to: RunningUpload; label: string; children: ReactNode }) {
  return (
    <Link href={paths.importImage(to.region)} aria-label={label} title={label} className="bar-button tabular-nums">
      {children}
    </Link>
  )
}

/**
 * The last change of an upload or its image as a sentence for screen readers; on other pages a toast instead. Lists are
 * refetched when an upload has ended.
 */
function useAnnouncement(uploads: RunningUpload[], pathname: string): string {
  const sentenceOf = useSentence()
  const client = useQueryClient()
  const known = useRef(new Map<string, string>())
  const [said, setSaid] = useState('')
  useEffect(() => {
    for (const upload of uploads) {
      const { key, sentence, hasEnded } = sentenceOf(upload)
      if (known.current.get(upload.imageId) === key) continue
      known.current.set(upload.imageId, key)
      const isInView = pathname === paths.importImage(upload.region)
      if (hasEnded && !isInView) void toast(sentence)
      else setSaid(sentence)
      if (!hasEnded && upload.state !== 'arrived') continue
      for (const noun of ['images', 'imports', 'quotas', 'regions']) void client.invalidateQueries({ queryKey: [noun] })
    }
  }, [uploads, pathname, sentenceOf, client])
  return said
}

type Sentence = {
  /** A new key announces again. */
  key: string
  sentence: string
  hasEnded: boolean
}

function useSentence(): (upload: RunningUpload) => Sentence {
  const t = useTranslations()
  const failureText = useFailureText()
  return ({ name, state, image }) => {
    if (state !== 'arrived' || !image || image === 'gone') {
      const sentence = t('import.announce', { name, state: t(`import.states.${state}`) })
      return { key: state, sentence, hasEnded: state === 'failed' }
    }
    if (isAvailable(image.state))
      return { key: image.state, sentence: t('import.becameAvailable', { name }), hasEnded: true }
    if (isFailed(image.state)) {
      const reason = image.failure ? failureText(image.failure) : ''
      return { key: image.state, sentence: t('import.becameFailed', { name, reason }), hasEnded: true }
    }
    const at = image.step ? t(`steps.${image.step}`) : t(`states.${image.state}`)
    return {
      key: image.step ?? image.state,
      sentence: t('import.announce', { name, state: at }),
      hasEnded: false,
    }
  }
}

function sum(uploads: RunningUpload[], of: (upload: RunningUpload) => number): number {
  return uploads.reduce((total, upload) => total + of(upload), 0)
}
