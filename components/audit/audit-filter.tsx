import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { buttonClass } from '@/components/ui/button-class'
import { inputClass, selectClass } from '@/components/ui/field'
import { signInNameMax } from '@/lib/accounts/rules'
import { actionGroups, isFiltered, resourceMax } from '@/lib/audit/rules'
import type { AuditParams } from '@/lib/audit/schema'
import { eventActions } from '@/lib/events/rules'
import { defaultPageSize } from '@/lib/pages'
import { paths } from '@/lib/paths'

/** The filters of the audit trail: a GET form, with or without scripts. */
export function AuditFilter({ list }: { list: AuditParams }) {
  const t = useTranslations('audit')
  return (
    <search aria-label={t('filters')} className="screen-only block border-line border-b px-4 py-3">
      {/* A new key per URL resets the fields after Back and Clear. */}
      <form key={JSON.stringify(list)} action={paths.audit()} className="flex flex-wrap items-end gap-x-3 gap-y-2">
        <TextFilter name="q" label={t('resourceFilter')} value={list.q} maxLength={resourceMax} />
        <TextFilter name="account" label={t('accountFilter')} value={list.account} maxLength={signInNameMax} />
        <ActionFilter chosen={list.action} />
        <DayFilter name="from" label={t('from')} value={list.from} />
        <DayFilter name="until" label={t('until')} value={list.until} />
        {list.size !== defaultPageSize && <input type="hidden" name="size" value={list.size} />}
        <div className="flex gap-2">
          <button type="submit" className={buttonClass('secondary')}>
            {t('apply')}
          </button>
          {isFiltered(list) && (
            <Link href={paths.audit({ size: list.size })} className={buttonClass('text')}>
              {t('clear')}
            </Link>
          )}
        </div>
      </form>
    </search>
  )
}

const labelClass = 'flex min-w-0 grow basis-28 flex-col gap-1 font-medium text-ink-muted text-xs sm:max-w-52'

type TextFilterProps = { name: string; label: string; value: string; maxLength: number }

function TextFilter({ name, label, value, maxLength }: TextFilterProps) {
  return (
    <label className={labelClass}>
      {label}
      <input
        name={name}
        type="search"
        maxLength={maxLength}
        defaultValue={value}
        className={`${inputClass} font-normal`}
      />
    </label>
  )
}

function DayFilter({ name, label, value }: { name: string; label: string; value: string | undefined }) {
  return (
    <label className={labelClass}>
      {label}
      <input name={name} type="date" defaultValue={value ?? ''} className={`${inputClass} font-normal`} />
    </label>
  )
}

function ActionFilter({ chosen }: { chosen: string | undefined }) {
  const t = useTranslations('audit')
  return (
    <label className={labelClass}>
      {t('actionFilter')}
      <select name="action" defaultValue={chosen ?? ''} className={`${selectClass} font-normal`}>
        <option value="">{t('allActions')}</option>
        {actionGroups.map((group) => (
          <optgroup key={group} label={t(`groups.${group}`)}>
            <option value={group}>{t('allOf', { group: t(`groups.${group}`) })}</option>
            {eventActions
              .filter((action) => action.startsWith(`${group}.`))
              .map((action) => (
                <option key={action} value={action}>
                  {t(`actions.${action}`)}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
    </label>
  )
}
