'use client'

import { useTranslations } from 'next-intl'
import type { FormEvent } from 'react'
import { useFieldError, useRefusalText } from '@/components/shell/refusal-text'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { Notice } from '@/components/ui/notice'
import { bootModes } from '@/lib/disks/layout'
import { updateImageAction } from '@/lib/images/actions'
import { descriptionMax, imageNameMax } from '@/lib/images/rules'
import type { OwnImage } from '@/lib/images/schema'
import { useAction } from '@/lib/use-action'
import { NeedsFields } from './needs-fields'

/** Changes what its owner says of an image, on its page. */
export function EditImageForm({ image, onClose }: { image: OwnImage; onClose: () => void }) {
  const t = useTranslations('images')
  const refusalText = useRefusalText()
  const { run, isPending, refusal } = useAction(updateImageAction, { changes: ['images', 'shares'] })
  const fieldError = useFieldError(refusal)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (isPending) return
    const form = new FormData(event.currentTarget)
    const field = (name: string) => String(form.get(name) ?? '')
    const bootMode = bootModes.find((mode) => mode === field('bootMode')) ?? ''
    run(
      {
        region: image.regionId,
        imageId: image.id,
        name: field('name'),
        description: field('description'),
        operatingSystem: field('operatingSystem'),
        bootMode,
        minDiskGib: field('minDiskGib'),
        minMemoryMib: field('minMemoryMib'),
      },
      onClose,
    )
  }
  return (
    <Card title={t('edit')}>
      <form onSubmit={submit} className="flex max-w-140 flex-col gap-3 p-4">
        {refusal && !isAboutField(refusal.code) && <Notice tone="danger">{refusalText(refusal)}</Notice>}
        <Field id="image-name" label={t('name')} hint={t('nameHint')} error={fieldError('name')}>
          {(control) => (
            <input
              {...control}
              // biome-ignore lint/a11y/noAutofocus: a button asked for the form, and its first field is what was meant.
              autoFocus
              name="name"
              required
              maxLength={imageNameMax}
              defaultValue={image.name}
              className={inputClass}
            />
          )}
        </Field>
        <Field
          id="image-description"
          label={t('description')}
          hint={t('descriptionHint')}
          error={fieldError('description')}
        >
          {(control) => (
            <textarea
              {...control}
              name="description"
              rows={3}
              maxLength={descriptionMax}
              defaultValue={image.description}
              className={inputClass}
            />
          )}
        </Field>
        <NeedsFields
          image={image}
          errorOf={(name) => {
            const isTooSmall = name === 'minDiskGib' && refusal?.code === 'MIN_DISK_BELOW_SIZE'
            return isTooSmall ? refusalText(refusal) : fieldError(name)
          }}
        />
        <div className="flex gap-2">
          <Button kind="primary" type="submit" isPending={isPending}>
            {t('save')}
          </Button>
          <Button kind="secondary" onClick={onClose}>
            {t('discard')}
          </Button>
        </div>
      </form>
    </Card>
  )
}

function isAboutField(code: string): boolean {
  return code === 'INVALID_INPUT' || code === 'MIN_DISK_BELOW_SIZE'
}
