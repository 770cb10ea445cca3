'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useRegionName } from '@/components/shell/current-region'
import { Card } from '@/components/ui/card'
import { quotasQuery } from '@/lib/accounts/queries'
import { resourceNames } from '@/lib/quotas/rules'
import { ResourceMeter } from './resource-meter'

/** A meter for each resource in each region. */
export function ImageQuotas() {
  const t = useTranslations('account')
  const regionName = useRegionName()
  const { data: quotas = [] } = useQuery(quotasQuery())
  return (
    <Card title={t('imageQuota')} line={t('imageQuotaText')}>
      <div className="grid gap-x-8 gap-y-4 p-4 md:grid-cols-2 lg:grid-cols-3">
        {quotas.map((region) => (
          <section
            key={region.regionId}
            aria-labelledby={`quota-${region.regionId}`}
            className="flex min-w-0 flex-col gap-3"
          >
            <h3 id={`quota-${region.regionId}`} className="font-semibold text-sm">
              {regionName(region.regionId)}
            </h3>
            {/* Labels every meter but the first with the region's id, so that the region's name names one meter only. */}
            <span id={`region-${region.regionId}`} hidden>
              {region.regionId}
            </span>
            {resourceNames.map((name, index) => (
              <ResourceMeter
                key={name}
                name={name}
                meter={region[name]}
                under={`${index === 0 ? 'quota' : 'region'}-${region.regionId}`}
              />
            ))}
          </section>
        ))}
      </div>
    </Card>
  )
}
