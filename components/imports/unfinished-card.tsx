'use client'

import dynamic from 'next/dynamic'
import { useFormatter, useLocale, useTranslations } from 'next-intl'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { ProgressBar } from '@/components/ui/progress-bar'
import { formatBytes } from '@/lib/format'
import type { UnfinishedUpload } from '@/lib/imports/schema'
import { latePart } from '@/lib/late-part'
import { FileButton } from './file-button'
import { UploadName } from './upload-name'

const CancelUploadDialog = dynamic(
  () => latePart(() => import('./cancel-upload-dialog').then((module) => module.CancelUploadDialog)),
  { ssr: false },
)

type UnfinishedCardProps = {
  region: string
  uploads: UnfinishedUpload[]
  /** Called with the file that was chosen again. */
  onResume: (upload: UnfinishedUpload, file: File) => void
}

/** Unfinished uploads of an earlier visit. A page cannot open a file by itself, so it must be chosen again. */
export function UnfinishedCard({ region, uploads, onResume }: UnfinishedCardProps) {
  const t = useTranslations('import')
  const [cancelling, setCancelling] = useState<UnfinishedUpload | null>(null)
  return (
    <Card title={t('unfinished')} line={t('unfinishedLine')}>
      <ul>
        {uploads.map((upload) => (
          <UnfinishedRow
            key={upload.imageId}
            upload={upload}
            onResume={(file) => onResume(upload, file)}
            onCancel={() => setCancelling(upload)}
          />
        ))}
      </ul>
      {cancelling && <CancelUploadDialog upload={{ ...cancelling, region }} onClose={() => setCancelling(null)} />}
    </Card>
  )
}

type UnfinishedRowProps = { upload: UnfinishedUpload; onResume: (file: File) => void; onCancel: () => void }

function UnfinishedRow({ upload, onResume, onCancel }: UnfinishedRowProps) {
  const t = useTranslations('import')
  const format = useFormatter()
  const locale = useLocale()
  const [isOther, setOther] = useState(false)
  const { name, fileName, doneBytes, totalBytes } = upload
  const choose = (file: File) => {
    const isSame = isSameFile(upload, file)
    setOther(!isSame)
    if (isSame) onResume(file)
  }
  const percent = format.number(Math.floor((doneBytes / totalBytes) * 100) / 100, { style: 'percent' })
  const expires = format.dateTime(new Date(upload.expiresAt), { dateStyle: 'medium', timeStyle: 'short' })
  return (
    <li aria-label={name} className="flex flex-col gap-2 border-line border-t px-4 py-3 first:border-t-0">
      <UploadName upload={upload} />
      <ProgressBar label={t('progress', { name })} done={doneBytes} max={totalBytes} tone="muted" />
      <p className="text-ink-muted text-xs tabular-nums">
        {percent} · {t('sentOf', { sent: formatBytes(doneBytes, locale), size: formatBytes(totalBytes, locale) })} ·{' '}
        {t('expires', { time: expires })}
      </p>
      <div className="flex flex-wrap gap-2">
        <FileButton
          id={`again-${upload.imageId}`}
          label={t('chooseAgain')}
          name={name}
          kind="secondary"
          onChoose={choose}
        />
        <Button kind="text-danger" aria-label={`${t('cancel')}, ${name}`} onClick={onCancel} className="h-8">
          {t('cancel')}
        </Button>
      </div>
      {isOther && (
        <p role="alert" className="text-danger text-xs [overflow-wrap:anywhere]">
          {t('otherFile', { file: fileName, size: formatBytes(totalBytes, locale) })}
        </p>
      )}
    </li>
  )
}

/** Whether a file may belong to an upload: same name and size. The checksum decides. */
export function isSameFile(upload: UnfinishedUpload, file: File): boolean {
  return file.size === upload.totalBytes && file.name.trim() === upload.fileName
}
