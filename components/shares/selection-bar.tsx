'use client'

import { useTranslations } from 'next-intl'
import { Button } from '@/components/ui/button'
import { SelectAll } from '@/components/ui/select-all'
import { useHasScripts } from '@/components/ui/use-has-scripts'
import { paths } from '@/lib/paths'
import type { ShareListParams } from '@/lib/shares/schema-list'

export const selectionForm = 'selected-shares'

type Selection = { selected: ReadonlySet<string>; isAll: boolean; isSome: boolean; toggleAll: () => void }
type ChangesProps = { list: ShareListParams; selection: Selection; onCancel: () => void }
/** `selection` is null for accounts that may only read: nothing can be selected, and exports contain the whole list. */
type SelectionBarProps = Omit<ChangesProps, 'selection'> & { selection: Selection | null }

/**
 * Operations on the selected shares. A form whose buttons, without scripts, open the confirmation page and the exports. An
 * export without a selection contains the whole list as searched and filtered.
 */
export function SelectionBar({ list, selection, onCancel }: SelectionBarProps) {
  const t = useTranslations('sharing')
  const kept = { region: list.region, tab: list.tab, q: list.q, state: list.state }
  return (
    <form
      id={selectionForm}
      action={selection ? paths.cancelSelected(list.region) : paths.api.sharingExport()}
      className="screen-only flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-b px-4 py-2"
    >
      {Object.entries(kept).map(
        ([name, value]) => value && <input key={name} type="hidden" name={name} value={value} />,
      )}
      {selection && (
        <SelectAll
          selection={selection}
          label={t('selectAll')}
          count={t('selected', { count: selection.selected.size })}
        />
      )}
      <span className="ml-auto flex flex-wrap gap-2">
        {selection && <Changes list={list} selection={selection} onCancel={onCancel} />}
        <Button kind="secondary" type="submit" name="format" value="csv" formAction={paths.api.sharingExport()}>
          {t('exportCsv')}
        </Button>
        <Button kind="secondary" type="submit" name="format" value="json" formAction={paths.api.sharingExport()}>
          {t('exportJson')}
        </Button>
      </span>
    </form>
  )
}

function Changes({ list: { region, tab }, selection: { selected }, onCancel }: ChangesProps) {
  const t = useTranslations('sharing')
  // Without scripts the selection is unknown until the form is sent, so the buttons stay enabled.
  const hasScripts = useHasScripts()
  const reason = hasScripts && selected.size === 0 ? t('selectFirst') : null
  return (
    <>
      <Button
        kind="secondary"
        type="submit"
        disabledReason={reason}
        onClick={(event) => {
          event.preventDefault()
          onCancel()
        }}
      >
        {t('cancel')}
      </Button>
      {tab === 'given' && (
        <Button kind="secondary" type="submit" formAction={paths.extendSelected(region)} disabledReason={reason}>
          {t('extend')}
        </Button>
      )}
    </>
  )
}
