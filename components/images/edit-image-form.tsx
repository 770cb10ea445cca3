'use client'

import type { Route } from 'next'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { FormButtons } from '@/components/shell/form-buttons'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { updateImageAction } from '@/lib/images/actions'
import { descriptionMax, imageNameMax } from '@/lib/images/rules'
import type { OwnImage } from '@/lib/images/schema'
import { NeedsFields } from './needs-fields'

type EditImageFormProps = {
  image: OwnImage
  /** For the form that a button opens on the image's page. */
  onClose?: () => void
  /** For the form on a page of its own. */
  leadsTo?: Route
}

/** Edits the description of an image. */
export function EditImageForm({ image, onClose, leadsTo }: EditImageFormProps) {
  const t = useTranslations('images')
  return (
    <Card title={t('edit')}>
      <ActionForm
        name={`edit ${image.id}`}
        action={updateImageAction}
        fixed={{ region: image.regionId, imageId: image.id }}
        changes={['images', 'shares']}
        {...(onClose ? { onDone: onClose } : {})}
        {...(leadsTo ? { leadsTo } : {})}
        className="flex max-w-140 flex-col gap-3 p-4"
      >
        {({ isPending, errorOf, typed, discard }) => (
          <>
            <Field id="image-name" label={t('name')} hint={t('nameHint')} error={errorOf('name')}>
              {(control) => (
                <input
                  {...control}
                  // biome-ignore lint/a11y/noAutofocus: a button or link opened this form in order to type into it.
                  autoFocus
                  name="name"
                  required
                  maxLength={imageNameMax}
                  defaultValue={typed('name', image.name)}
                  className={inputClass}
                />
              )}
            </Field>
            <Field
              id="image-description"
              label={t('description')}
              hint={t('descriptionHint')}
              error={errorOf('description')}
            >
              {(control) => (
                <textarea
                  {...control}
                  name="description"
                  rows={3}
                  maxLength={descriptionMax}
                  defaultValue={typed('description', image.description)}
                  className={inputClass}
                />
              )}
            </Field>
            <NeedsFields image={image} errorOf={errorOf} typed={typed} />
            <FormButtons
              submit={t('save')}
              isPending={isPending}
              back={leadsTo ? { href: leadsTo, label: t('discard'), discard } : null}
            >
              {onClose && (
                <Button
                  kind="secondary"
                  onClick={() => {
                    discard()
                    onClose()
                  }}
                >
                  {t('discard')}
                </Button>
              )}
            </FormButtons>
          </>
        )}
      </ActionForm>
    </Card>
  )
}
