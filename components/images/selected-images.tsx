'use client'

import { useTranslations } from 'next-intl'
import { useMay } from '@/components/shell/rights'
import { Button } from '@/components/ui/button'
import { SelectAll } from '@/components/ui/select-all'
import { useHasScripts } from '@/components/ui/use-has-scripts'
import type { useSelection } from '@/components/ui/use-selection'
import { paths } from '@/lib/paths'
import { selectionForm } from './use-image-selection'

/** What can be done with the selected images. A form whose buttons lead to the pages that ask, with and without scripts. */
export function SelectedImages({ region, selection }: { region: string; selection: ReturnType<typeof useSelection> }) {
  const t = useTranslations('selected')
  const may = useMay()
  // Without scripts nobody knows what is selected before the form is sent.
  const reason = useHasScripts() && selection.selected.size === 0 ? t('first') : null
  return (
    <form
      id={selectionForm}
      action={paths.shareSelected(region)}
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
          <Button kind="secondary" type="submit" formAction={paths.deleteSelected(region)} disabledReason={reason}>
            {t('delete')}
          </Button>
        )}
      </span>
    </form>
  )
}
