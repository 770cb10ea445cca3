'use client'

import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { FormButtons } from '@/components/shell/form-buttons'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { deprecateImageAction, undeprecateImageAction } from '@/lib/images/actions'
import type { OwnImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'

type DeprecateFormProps = {
  image: OwnImage
  /** The current last day, in the deployment's time zone. */
  day: string
  /** Suggested replacements; any other own image of the region can be named by its id. */
  others: { id: string; name: string }[]
}

/** Deprecates an own image with a last day and a replacement, or ends its deprecation. */
export function DeprecateForm({ image, day, others }: DeprecateFormProps) {
  const t = useTranslations('deprecation')
  const images = useTranslations('images')
  const fixed = { region: image.regionId, imageId: image.id }
  const title = t(image.deprecation ? 'edit' : 'deprecate')
  const back = paths.image(image.regionId, image.id)
  return (
    <Card title={title}>
      <ActionForm
        name={`deprecate ${image.id}`}
        action={deprecateImageAction}
        fixed={fixed}
        changes={['images', 'shares']}
        leadsTo={back}
        className="flex max-w-140 flex-col gap-3 p-4"
      >
        {({ isPending, errorOf, typed, discard }) => (
          <>
            <Field id="retires-on" label={t('retiresOn')} hint={t('retiresOnHint')} error={errorOf('retiresOn')}>
              {(control) => (
                <input
                  {...control}
                  type="date"
                  name="retiresOn"
                  defaultValue={typed('retiresOn', day)}
                  className={inputClass}
                />
              )}
            </Field>
            <Field
              id="replacement"
              label={t('replacement')}
              hint={t('replacementHint')}
              error={errorOf('replacementId')}
            >
              {(control) => (
                <input
                  {...control}
                  name="replacementId"
                  list="replacements"
                  maxLength={14}
                  defaultValue={typed('replacementId', image.deprecation?.replacement?.id ?? '')}
                  autoCapitalize="none"
                  spellCheck={false}
                  className={`${inputClass} font-mono`}
                />
              )}
            </Field>
            <datalist id="replacements">
              {others.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </datalist>
            <FormButtons
              submit={title}
              isPending={isPending}
              back={{ href: back, label: images('discard'), discard }}
            />
          </>
        )}
      </ActionForm>
      {image.deprecation && (
        <ActionForm
          name={`undeprecate ${image.id}`}
          action={undeprecateImageAction}
          fixed={fixed}
          changes={['images', 'shares']}
          leadsTo={back}
          className="flex flex-col items-start gap-2 border-line border-t p-4 text-sm"
        >
          {({ isPending }) => (
            <>
              <p>{t('withdrawText')}</p>
              <Button kind="secondary" type="submit" isPending={isPending}>
                {t('withdraw')}
              </Button>
            </>
          )}
        </ActionForm>
      )}
    </Card>
  )
}
