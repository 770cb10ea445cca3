'use client'

import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { SelectRow } from '@/components/ui/select-row'
import type { useSelection } from '@/components/ui/use-selection'
import type { CustomImage } from '@/lib/images/schema'

/** The form that the checkboxes belong to (components/images/selected-images.tsx). */
export const selectionForm = 'selected-images'

/**
 * The checkbox of an image, which stands beside its name: a column of its own would take the place of the name as the first one of
 * the row.
 */
export function useImageSelection(): (selection: ReturnType<typeof useSelection>) => (image: CustomImage) => ReactNode {
  const t = useTranslations('selected')
  return ({ selected, toggle }) =>
    ({ id, name }) => (
      <SelectRow
        form={selectionForm}
        name="ids"
        value={id}
        label={t('row', { image: name })}
        isSelected={selected.has(id)}
        onToggle={toggle}
      />
    )
}
