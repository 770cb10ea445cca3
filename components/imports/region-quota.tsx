'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { ResourceMeter } from '@/components/account/resource-meter'
import { useRegionName } from '@/components/shell/current-region'
import { Card } from '@/components/ui/card'
import { Meter } from '@/components/ui/meter'
import { quotasQuery } from '@/lib/accounts/queries'

/** The remaining quotas of a region. */
export function RegionQuota({ region }: { region: string }) {
  const t = useTranslations()
  const regionName = useRegionName()
  const { data = [] } = useQuery(quotasQuery())
  const quota = data.find(({ regionId }) => regionId === region)
  if (!quota) return null
  const { images, bytes } = quota
  const free = images.quota - images.used
  return (
    <Card title={regionName(region)}>
      <div className="flex flex-col gap-4 p-4">
        <Meter
          label={t('images.quota')}
          used={images.used}
          max={images.quota}
          hint={free > 0 ? t('import.quotaFree', { free }) : t('images.quotaFull')}
        />
        <ResourceMeter name="bytes" meter={bytes} />
      </div>
    </Card>
  )
}
