'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { PageHeader } from '@/components/shell/page-header'
import { Notice } from '@/components/ui/notice'
import { unfinishedUploadsQuery } from '@/lib/imports/queries'
import type { UnfinishedUpload } from '@/lib/imports/schema'
import { paths } from '@/lib/paths'
import { runUpload } from '@/lib/uploads/running'
import { ImportForm } from './import-form'
import { isSameFile, UnfinishedCard } from './unfinished-card'
import { UploadsCard } from './uploads-card'
import { useUploads } from './use-uploads'

type ImportPageProps = { region: string; sizeMax: number; chunkBytes: number; canConvert: boolean }

/** Brings disks in: the form, the uploads of this tab, and those that another visit has left. */
export function ImportPage({ region, sizeMax, chunkBytes, canConvert }: ImportPageProps) {
  const t = useTranslations()
  const { data } = useQuery(unfinishedUploadsQuery(region))
  const here = new Set(useUploads().map((upload) => upload.imageId))
  const unfinished = (data?.items ?? []).filter((upload) => !here.has(upload.imageId))
  const goOn = ({ imageId, name, doneBytes }: UnfinishedUpload, file: File) =>
    runUpload({ imageId, region, name, file, sentBytes: doneBytes, chunkBytes })
  const onResume = (file: File) => {
    const same = unfinished.find((upload) => isSameFile(upload, file))
    if (same) goOn(same, file)
    return same !== undefined
  }
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[
          { label: t('shell.imagesAndSnapshots') },
          { label: t('images.title'), href: paths.customImages(region) },
          { label: t('import.title') },
        ]}
        title={t('import.title')}
        line={t('import.line')}
      />
      {!canConvert && (
        <Notice tone="warn" title={t('import.noTool')}>
          {t('import.noToolText')}
        </Notice>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,560px)_minmax(0,1fr)]">
        <ImportForm region={region} sizeMax={sizeMax} chunkBytes={chunkBytes} onResume={onResume} />
        <div className="flex min-w-0 flex-col gap-4">
          {unfinished.length > 0 && <UnfinishedCard region={region} uploads={unfinished} onResume={goOn} />}
          <UploadsCard region={region} />
        </div>
      </div>
    </main>
  )
}
