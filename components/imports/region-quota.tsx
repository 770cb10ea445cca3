'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { BytesMeter } from '@/components/account/bytes-meter'
import { useRegionName } from '@/components/shell/current-region'
import { Card } from '@/components/ui/card'
import { Meter } from '@/components/ui/meter'
import { quotasQuery } from '@/lib/accounts/queries'

/** How much of the quotas of a region is left for what is about to come in. */
export function RegionQuota({ region }: { region: string }) {
  const t = useTranslations()
  const regionName = useRegionName()
  const { data = [] } = useQuery(quotasQuery())
  const quota = data.find(({ regionId }) => regionId === region)
  if (!quota) return null
  const free = quota.quota - quota.used
  return (
    <Card title={regionName(region)}>
      <div className="flex flex-col gap-4 p-4">
        <Meter
          label={t('images.quota')}
          used={quota.used}
          max={quota.quota}
          hint={free > 0 ? t('import.quotaFree', { free }) : t('images.quotaFull')}
        />
        <BytesMeter label={t('account.bytesQuota')} used={quota.bytesUsed} quota={quota.bytesQuota} />
      </div>
    </Card>
  )
}
