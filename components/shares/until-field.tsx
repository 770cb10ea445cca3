'use client'

import { useTranslations } from 'next-intl'
import type { FormView } from '@/components/shell/action-form'
import { Field, inputClass, selectClass } from '@/components/ui/field'
import { type EndPolicy, untilDays } from '@/lib/shares/rules'

/** The end of a share: none, some days, or a date. CSS alone shows the date field with its choice, so it works without scripts. */
export function UntilField<T>({ view, ends }: { view: FormView<T>; ends: EndPolicy }) {
  const t = useTranslations('share.until')
  const { defaultDays, maxDays } = ends
  const days = untilDays.filter((one) => maxDays === 0 || one <= maxDays)
  const hasDefault = defaultDays > 0 || maxDays > 0
  return (
    <div className="group flex flex-col gap-3">
      <Field id="until" label={t('label')} hint={t('hint')} error={view.errorOf('until')}>
        {(control) => (
          <select
            {...control}
            name="until"
            defaultValue={view.typed('until', hasDefault ? 'default' : 'never')}
            className={selectClass}
          >
            {hasDefault && <option value="default">{t('days', { count: defaultDays || maxDays })}</option>}
            {maxDays === 0 && <option value="never">{t('never')}</option>}
            {days
              .filter((one) => !hasDefault || one !== (defaultDays || maxDays))
              .map((one) => (
                <option key={one} value={one}>
                  {t('days', { count: one })}
                </option>
              ))}
            <option value="date">{t('date')}</option>
          </select>
        )}
      </Field>
      <div className="hidden group-has-[option[value=date]:checked]:block">
        <Field id="untilDate" label={t('day')} hint={t('dayHint')} error={view.errorOf('untilDate')}>
          {(control) => (
            <input
              {...control}
              type="date"
              name="untilDate"
              defaultValue={view.typed('untilDate')}
              className={inputClass}
            />
          )}
        </Field>
      </div>
    </div>
  )
}
