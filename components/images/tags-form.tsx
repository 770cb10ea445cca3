'use client'

import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { ActionForm } from '@/components/shell/action-form'
import { FormButtons } from '@/components/shell/form-buttons'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { setImageTagsAction } from '@/lib/images/actions'
import { tagKeyMax, tagsMax, tagText, tagValueMax } from '@/lib/images/rules'
import type { OwnImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'

/** Edits the tags of an image, one a line. */
export function TagsForm({ image }: { image: OwnImage }) {
  const t = useTranslations('tags')
  const images = useTranslations('images')
  // What the form began with, also while the page behind it is read again: only what differs from it is changed.
  const [shown] = useState(() => image.tags.map(tagText).join('\n'))
  const back = paths.image(image.regionId, image.id)
  return (
    <Card title={t('edit')}>
      <ActionForm
        name={`tags ${image.id}`}
        action={setImageTagsAction}
        fixed={{ region: image.regionId, imageId: image.id }}
        changes={['images']}
        leadsTo={back}
        className="flex max-w-140 flex-col gap-3 p-4"
      >
        {({ isPending, errorOf, typed, discard }) => (
          <>
            {/* A draft comes back with the tags that its form began with. Hidden inputs are in no draft. */}
            <textarea hidden readOnly name="shown" defaultValue={typed('shown', shown)} />
            <Field
              id="tags"
              label={t('title')}
              hint={t('hint', { max: tagsMax, key: tagKeyMax, value: tagValueMax })}
              error={errorOf('tags')}
            >
              {(control) => (
                <textarea
                  {...control}
                  name="tags"
                  rows={6}
                  defaultValue={typed('tags', shown)}
                  autoCapitalize="none"
                  spellCheck={false}
                  className={`${inputClass} font-mono`}
                />
              )}
            </Field>
            <FormButtons
              submit={images('save')}
              isPending={isPending}
              back={{ href: back, label: images('discard'), discard }}
            />
          </>
        )}
      </ActionForm>
    </Card>
  )
}
