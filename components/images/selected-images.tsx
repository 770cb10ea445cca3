'use client'

import { useTranslations } from 'next-intl'
import { Button } from '@/components/ui/button'
import { SelectAll } from '@/components/ui/select-all'
import { SelectRow } from '@/components/ui/select-row'
import type { RowSelection } from '@/components/ui/table'
import { useHasScripts } from '@/components/ui/use-has-scripts'
import type { useSelection } from '@/components/ui/use-selection'
import type { CustomImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'

const form = 'selected-images'

type Selection = ReturnType<typeof useSelection>

/** What can be done with the selected images. A form whose buttons lead to the pages that ask, with and without scripts. */
export function SelectedImages({ region, selection }: { region: string; selection: Selection }) {
  const t = useTranslations('selected')
  // Without scripts nobody knows what is selected before the form is sent.
  const isEmpty = useHasScripts() && selection.selected.size === 0
  return (
    <form
      id={form}
      action={paths.shareSelected(region)}
      className="screen-only flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-b px-4 py-2"
    >
      <SelectAll selection={selection} label={t('all')} count={t('count', { count: selection.selected.size })} />
      <Button kind="secondary" type="submit" className="ml-auto" disabledReason={isEmpty ? t('first') : null}>
        {t('share')}
      </Button>
    </form>
  )
}

/** The column of checkboxes. */
export function useImageSelection(): (selection: Selection) => RowSelection<CustomImage> {
  const t = useTranslations('selected')
  return ({ selected, toggle }) => ({
    header: t('select'),
    cell: ({ id, name }) => (
      <SelectRow
        form={form}
        name="ids"
        value={id}
        label={t('row', { image: name })}
        isSelected={selected.has(id)}
        onToggle={toggle}
      />
    ),
  })
}
