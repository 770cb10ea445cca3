'use client'

import { X } from 'lucide'
import { useLocale, useTranslations } from 'next-intl'
import { useFieldError } from '@/components/shell/refusal-text'
import { Field, inputClass } from '@/components/ui/field'
import { Icon } from '@/components/ui/icon'
import { formatBytes } from '@/lib/format'
import { imageNameMax } from '@/lib/images/rules'
import type { Draft } from './drafts'

type DraftFieldsProps = {
  draft: Draft
  onName: (name: string) => void
  onRemove: () => void
}

/** The name of a file's image; shown before a file is chosen too. */
export function DraftFields({ draft, onName, onRemove }: DraftFieldsProps) {
  const t = useTranslations('import')
  const images = useTranslations('images')
  const locale = useLocale()
  const fieldError = useFieldError(draft.refusal)
  const { file } = draft
  return (
    <fieldset className={file ? 'flex min-w-0 flex-col gap-3 rounded-control border border-line p-3' : 'contents'}>
      {file && (
        <>
          <legend className="sr-only">{file.name}</legend>
          <div className="flex items-start justify-between gap-2">
            <p className="min-w-0 text-sm [overflow-wrap:anywhere]">
              {file.name} <span className="text-ink-muted">{formatBytes(file.size, locale)}</span>
            </p>
            <button
              type="button"
              aria-label={t('removeFile', { file: file.name })}
              title={t('removeFile', { file: file.name })}
              onClick={onRemove}
              className="inline-flex size-6 shrink-0 items-center justify-center rounded-sm text-ink-muted hover:bg-surface-muted hover:text-ink"
            >
              <Icon of={X} className="size-4" />
            </button>
          </div>
        </>
      )}
      <Field id={`name-${draft.key}`} label={images('name')} hint={images('nameHint')} error={fieldError('name')}>
        {(control) => (
          <input
            {...control}
            required
            maxLength={imageNameMax}
            value={draft.name}
            onChange={(event) => onName(event.target.value)}
            autoComplete="off"
            className={inputClass}
          />
        )}
      </Field>
    </fieldset>
  )
}
