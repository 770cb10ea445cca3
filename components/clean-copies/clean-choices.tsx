'use client'

import { useTranslations } from 'next-intl'
import { FindingPlace } from '@/components/checks/finding-place'
import { useRuleWords } from '@/components/checks/rule-title'
import { SeverityBadge } from '@/components/checks/severity-badge'
import type { FormView } from '@/components/shell/action-form'
import type { CleanItem } from '@/lib/clean-copies/schema'

/** Longer groups are folded, so that a folder of keys does not push the button off the page. */
const shownMax = 6

type CleanChoicesProps = { items: CleanItem[]; view: FormView<unknown> }

/** The findings that can be removed, by severity and rule. Grave ones are preselected. */
export function CleanChoices({ items, view }: CleanChoicesProps) {
  const t = useTranslations('clean')
  const error = view.errorOf('findings')
  if (items.length === 0) return <p className="text-ink-muted text-sm">{t('noFiles')}</p>
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="font-medium text-sm">{t('files')}</legend>
      <p className="text-ink-muted text-xs">{t('filesHint')}</p>
      {error && (
        <p role="alert" className="text-danger text-xs">
          {error}
        </p>
      )}
      {groupsOf(items).map((group) => (
        <Group key={`${group[0].severity} ${group[0].rule}`} items={group} view={view} />
      ))}
    </fieldset>
  )
}

type CleanGroup = [CleanItem, ...CleanItem[]]

function Group({ items, view }: { items: CleanGroup; view: FormView<unknown> }) {
  const t = useTranslations('clean')
  const [{ rule, severity }] = items
  const list = (
    <ul className="mt-1 flex flex-col gap-1.5">
      {items.map((item) => (
        <Choice key={item.id} item={item} view={view} />
      ))}
    </ul>
  )
  return (
    <div>
      <p className="flex flex-wrap items-center gap-2 text-sm">
        <SeverityBadge severity={severity} />
        {useRuleWords()(rule).title}
      </p>
      {items.length > shownMax ? (
        <details>
          <summary className="mt-1 w-fit cursor-pointer rounded-sm text-accent text-sm">
            {t('show', { count: items.length })}
          </summary>
          {list}
        </details>
      ) : (
        list
      )}
    </div>
  )
}

function Choice({ item, view }: { item: CleanItem; view: FormView<unknown> }) {
  const t = useTranslations('clean')
  const typed = view.typedList('findings')
  const isGrave = item.severity === 'critical' || item.severity === 'high'
  return (
    <li>
      <label className="flex items-start gap-2">
        <input
          type="checkbox"
          name="findings[]"
          value={item.id}
          // A form refused without scripts is rendered again with its input.
          defaultChecked={view.refusal === null ? isGrave : typed.includes(item.id)}
          className="mt-0.5 size-4 shrink-0"
        />
        <span className="min-w-0">
          {item.path === '' ? <span className="text-sm">{t('inNoFile')}</span> : <FindingPlace finding={item} />}{' '}
          <span className="text-ink-muted text-xs">{t('deal', { remedy: item.remedy })}</span>
        </span>
      </label>
    </li>
  )
}

/** Groups adjacent findings of one severity and rule. */
function groupsOf(items: CleanItem[]): CleanGroup[] {
  const groups: CleanGroup[] = []
  for (const item of items) {
    const last = groups.at(-1)
    if (last?.[0].rule === item.rule && last[0].severity === item.severity) last.push(item)
    else groups.push([item])
  }
  return groups
}
