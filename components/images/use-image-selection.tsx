'use client'

import { useTranslations } from 'next-intl'
import { SelectRow } from '@/components/ui/select-row'
import type { RowSelection } from '@/components/ui/table'
import type { useSelection } from '@/components/ui/use-selection'
import type { CustomImage } from '@/lib/images/schema'

/** The form that the checkboxes belong to (components/images/selected-images.tsx). */
export const selectionForm = 'selected-images'

/** The column of checkboxes. */
export function useImageSelection(): (selection: ReturnType<typeof useSelection>) => RowSelection<CustomImage> {
  const t = useTranslations('selected')
  return ({ selected, toggle }) => ({
    header: t('select'),
    cell: ({ id, name }) => (
      <SelectRow
        form={selectionForm}
        name="ids"
        value={id}
        label={t('row', { image: name })}
        isSelected={selected.has(id)}
        onToggle={toggle}
      />
    ),
  })
}
