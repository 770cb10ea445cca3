'use client'

import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import type { RunningUpload } from '@/lib/uploads/list'
import { ArrivedRow } from './arrived-row'
import { UploadRow } from './upload-row'
import { useUploads } from './use-uploads'

const CancelUploadDialog = dynamic(
  () => latePart(() => import('./cancel-upload-dialog').then((module) => module.CancelUploadDialog)),
  { ssr: false },
)

type UploadsCardProps = { region: string; onOther: (upload: RunningUpload, file: File) => void }

/** The uploads of this tab, and their images. */
export function UploadsCard({ region, onOther }: UploadsCardProps) {
  const t = useTranslations('import')
  const uploads = useUploads()
  const [cancelling, setCancelling] = useState<RunningUpload | null>(null)
  const toImages = (
    <Link href={paths.customImages(region)} className={`${buttonClass('text')} -mx-1.5`}>
      {t('toImages')}
    </Link>
  )
  return (
    <Card title={t('uploads')} line={t('uploadsLine')} action={uploads.length > 0 && toImages}>
      {uploads.length === 0 ? (
        <p className="px-4 py-8 text-center text-ink-muted">{t('noUploads')}</p>
      ) : (
        <ul>
          {uploads.map(({ state, ...upload }) =>
            state === 'arrived' ? (
              <ArrivedRow
                key={upload.imageId}
                upload={{ ...upload, state }}
                onOther={(file) => onOther({ ...upload, state }, file)}
              />
            ) : (
              <UploadRow
                key={upload.imageId}
                upload={{ ...upload, state }}
                onCancel={() => setCancelling({ ...upload, state })}
              />
            ),
          )}
        </ul>
      )}
      {cancelling && <CancelUploadDialog upload={cancelling} onClose={() => setCancelling(null)} />}
    </Card>
  )
}
