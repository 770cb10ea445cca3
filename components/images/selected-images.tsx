'use client'

import { useTranslations } from 'next-intl'
import { useMay } from '@/components/shell/rights'
import { Button } from '@/components/ui/button'
import { SelectAll } from '@/components/ui/select-all'
import { SelectRow } from '@/components/ui/select-row'
import { useHasScripts } from '@/components/ui/use-has-scripts'
import type { useSelection } from '@/components/ui/use-selection'
import type { CustomImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'

const selectionForm = 'selected-images'

type Selection = ReturnType<typeof useSelection>

/** Operations on the selected images: a form whose buttons open confirmation pages, with and without scripts. */
export function SelectedImages({ region, selection }: { region: string; selection: Selection }) {
  const t = useTranslations('selected')
  const may = useMay()
  // Without scripts the selection is unknown until the form is sent, so the buttons stay enabled.
  const reason = useHasScripts() && selection.selected.size === 0 ? t('first') : null
  return (
    <form
      id={selectionForm}
      action={paths.severalImages(region, 'share')}
      className="screen-only flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-b px-4 py-2"
    >
      <SelectAll selection={selection} label={t('all')} count={t('count', { count: selection.selected.size })} />
      <span className="ml-auto flex flex-wrap gap-2">
        {may('shares.give', region) && (
          <Button kind="secondary" type="submit" disabledReason={reason}>
            {t('share')}
          </Button>
        )}
        {may('images.change', region) && (
          <Button
            kind="secondary"
            type="submit"
            formAction={paths.severalImages(region, 'delete')}
            disabledReason={reason}
          >
            {t('delete')}
          </Button>
        )}
      </span>
    </form>
  )
}

/**
 * The checkbox of an image, beside its name: as a column of its own it would be the first cell and replace the name as the
 * header of its row.
 */
export function ImageCheckbox({ image, selection }: { image: CustomImage; selection: Selection }) {
  const t = useTranslations('selected')
  return (
    <SelectRow
      form={selectionForm}
      name="ids"
      value={image.id}
      label={t('row', { image: image.name })}
      isSelected={selection.selected.has(image.id)}
      onToggle={selection.toggle}
    />
  )
}
