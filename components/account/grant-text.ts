import { useFormatter, useTranslations } from 'next-intl'
import { useRegionName } from '@/components/shell/current-region'
import type { Grant } from '@/lib/permissions'

/** The text of a policy in a row: its name, and its regions if it does not apply in all. */
export function useGrantText(): (grant: Grant) => string {
  const t = useTranslations()
  const format = useFormatter()
  const regionName = useRegionName()
  return ({ policy, regions }) =>
    regions === null
      ? t(`policies.${policy}`)
      : t('subAccounts.policyIn', {
          policy: t(`policies.${policy}`),
          regions: format.list(regions.map(regionName)),
        })
}
