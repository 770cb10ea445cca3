'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useRegionName } from '@/components/shell/current-region'
import { Card } from '@/components/ui/card'
import { Meter } from '@/components/ui/meter'
import { quotasQuery } from '@/lib/accounts/queries'
import { BytesMeter } from './bytes-meter'

/** Two meters for each region: the number of images, and their bytes. */
export function ImageQuotas() {
  const t = useTranslations()
  const regionName = useRegionName()
  const { data: quotas = [] } = useQuery(quotasQuery())
  return (
    <Card title={t('account.imageQuota')} line={t('account.imageQuotaText')}>
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
            <Meter
              label={t('account.images')}
              under={`quota-${region.regionId}`}
              used={region.used}
              max={region.quota}
              hint={
                region.used < region.quota
                  ? t('images.quotaFree', { free: region.quota - region.used })
                  : t('images.quotaFull')
              }
            />
            {/* By the id, so that the region's name is the name of one meter alone. */}
            <span id={`bytes-${region.regionId}`} hidden>
              {region.regionId}
            </span>
            <BytesMeter
              label={t('account.bytes')}
              under={`bytes-${region.regionId}`}
              used={region.bytesUsed}
              quota={region.bytesQuota}
            />
          </section>
        ))}
      </div>
    </Card>
  )
}
