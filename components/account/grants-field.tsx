'use client'

import { useTranslations } from 'next-intl'
import { useCurrentRegion } from '@/components/shell/current-region'
import { type Grant, type PolicyName, policyNames } from '@/lib/permissions'

type GrantsFieldProps = {
  /** The initially ticked boxes, as values of the form. */
  ticked: readonly string[]
  error: string | undefined
}

/** The box values of some policies: `Sharing` for all regions, `Sharing=cn-shanghai` for one. */
export function tickedOf(grants: readonly Grant[]): string[] {
  return grants.flatMap(({ policy, regions }) => regions?.map((region) => `${policy}=${region}`) ?? [policy])
}

/** The policies of a sub-account: for each a box for all regions and one for each region. */
export function GrantsField({ ticked, error }: GrantsFieldProps) {
  const t = useTranslations('subAccounts')
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="font-medium text-sm">{t('policies')}</legend>
      <p className="text-ink-muted text-xs">{t('policiesHint')}</p>
      {error && (
        <p role="alert" className="text-danger text-xs">
          {error}
        </p>
      )}
      <div className="divide-y divide-line rounded-control border border-line">
        {policyNames.map((policy) => (
          <Policy key={policy} policy={policy} ticked={ticked} />
        ))}
      </div>
    </fieldset>
  )
}

function Policy({ policy, ticked }: { policy: PolicyName; ticked: readonly string[] }) {
  const t = useTranslations()
  const { regions } = useCurrentRegion()
  const name = t(`policies.${policy}`)
  const boxes = [
    { value: policy, label: t('subAccounts.allRegions') },
    ...regions.map((region) => ({ value: `${policy}=${region.id}`, label: region.name })),
  ]
  return (
    <div className="grid gap-x-6 gap-y-2 px-3 py-2.5 md:grid-cols-[minmax(0,5fr)_minmax(0,7fr)]">
      <div>
        <p className="font-medium text-sm">{name}</p>
        <p className="text-ink-muted text-xs">{t(`subAccounts.contains.${policy}`)}</p>
      </div>
      <div className="flex flex-wrap content-start gap-x-4 gap-y-1">
        {boxes.map(({ value, label }) => (
          <label key={value} className="flex min-h-6 items-center gap-2 text-sm">
            <input
              type="checkbox"
              name="grants[]"
              value={value}
              aria-label={`${label}, ${name}`}
              defaultChecked={ticked.includes(value)}
              className="size-4"
            />
            {label}
          </label>
        ))}
      </div>
    </div>
  )
}
