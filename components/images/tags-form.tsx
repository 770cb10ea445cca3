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

/** Edits the tags of an image, one per line. */
export function TagsForm({ image }: { image: OwnImage }) {
  const t = useTranslations('tags')
  const images = useTranslations('images')
  // The initial tags, kept when the page is read again: the action changes only the difference.
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
            {/* A draft is restored with its own initial tags. A textarea, because drafts skip hidden inputs. */}
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
