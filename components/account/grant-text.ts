import { useFormatter, useTranslations } from 'next-intl'
import { useRegionName } from '@/components/shell/current-region'
import type { Grant } from '@/lib/permissions'

/** A policy as a row shows it: its name, and the regions where it does not apply everywhere. */
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
