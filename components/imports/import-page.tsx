'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { PageHeader } from '@/components/shell/page-header'
import { Notice } from '@/components/ui/notice'
import { unfinishedUploadsQuery } from '@/lib/imports/queries'
import type { UnfinishedUpload } from '@/lib/imports/schema'
import { paths } from '@/lib/paths'
import type { RunningUpload } from '@/lib/uploads/list'
import { forgetUpload, runUpload } from '@/lib/uploads/running'
import { addOther, blankForm, type Drafts } from './drafts'
import { fileFieldId } from './file-field'
import { ImportForm } from './import-form'
import { RegionQuota } from './region-quota'
import { isSameFile, UnfinishedCard } from './unfinished-card'
import { UploadsCard } from './uploads-card'
import { useKeptForm } from './use-kept-form'
import { useUploads } from './use-uploads'

type ImportPageProps = {
  region: string
  sizeMax: number
  chunkBytes: number
  canConvert: boolean
  /** Suggested operating systems: those of the account's images. */
  systems: string[]
  /** Name and operating system of a failed image that is imported again. */
  again: { name: string; operatingSystem: string } | null
}

/** The import form, the uploads of this tab, and unfinished ones of earlier visits. */
export function ImportPage({ region, sizeMax, chunkBytes, canConvert, systems, again }: ImportPageProps) {
  const t = useTranslations()
  const [form, setForm] = useState<Drafts>(() => blankForm(again ?? undefined))
  useKeptForm(region, form, setForm)
  const { data } = useQuery(unfinishedUploadsQuery(region))
  const here = new Set(useUploads().map((upload) => upload.imageId))
  const unfinished = (data?.items ?? []).filter((upload) => !here.has(upload.imageId))
  const goOn = ({ imageId, name, operatingSystem, doneBytes }: UnfinishedUpload, file: File) =>
    runUpload({ imageId, region, name, operatingSystem, file, sentBytes: doneBytes, chunkBytes })
  const onResume = (file: File) => {
    const same = unfinished.find((upload) => isSameFile(upload, file))
    if (same) goOn(same, file)
    return same !== undefined
  }
  const takeOther = (failed: RunningUpload, file: File) => {
    setForm((now) => addOther(now, failed, file))
    forgetUpload(failed.imageId)
    document.getElementById(fileFieldId)?.focus()
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
        <ImportForm
          region={region}
          sizeMax={sizeMax}
          chunkBytes={chunkBytes}
          form={form}
          setForm={setForm}
          systems={systems}
          onResume={onResume}
        />
        <div className="flex min-w-0 flex-col gap-4">
          <RegionQuota region={region} />
          {unfinished.length > 0 && <UnfinishedCard region={region} uploads={unfinished} onResume={goOn} />}
          <UploadsCard region={region} onOther={takeOther} />
        </div>
      </div>
    </main>
  )
}
