'use client'

import { HardDriveUpload } from 'lucide'
import { useLocale, useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { Field } from '@/components/ui/field'
import { Icon } from '@/components/ui/icon'
import { formatBytes } from '@/lib/format'

export const fileFieldId = 'import-file'

type FileFieldProps = { sizeMax: number; isOver: boolean; error?: ReactNode; onChoose: (files: File[]) => void }

/** The area for choosing or dropping files. The whole card accepts drops. */
export function FileField({ sizeMax, isOver, error, onChoose }: FileFieldProps) {
  const t = useTranslations('import')
  const locale = useLocale()
  return (
    <Field id={fileFieldId} label={t('file')} hint={t('fileHint', { max: formatBytes(sizeMax, locale) })} error={error}>
      {(control) => (
        <div className="relative">
          <input
            {...control}
            type="file"
            multiple
            onChange={(event) => {
              const files = [...(event.target.files ?? [])]
              // Cleared, so that a file removed from the list can be chosen again.
              event.target.value = ''
              onChoose(files)
            }}
            className="peer absolute inset-0 size-full cursor-pointer opacity-0"
          />
          <div
            aria-hidden
            data-over={isOver || undefined}
            className="pointer-events-none flex flex-col items-center gap-1.5 rounded-control border border-line-strong border-dashed bg-surface px-4 py-6 text-center transition-colors peer-hover:bg-surface-hover peer-focus-visible:outline-2 peer-focus-visible:outline-focus peer-focus-visible:outline-offset-2 data-over:border-accent data-over:bg-accent-soft"
          >
            <Icon of={HardDriveUpload} className="size-6 text-ink-muted" />
            <span>
              {t('drop')} <span className="text-accent">{t('choose')}</span>
            </span>
          </div>
        </div>
      )}
    </Field>
  )
}
