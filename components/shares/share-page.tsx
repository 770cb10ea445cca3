'use client'

import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useFormatter, useTranslations } from 'next-intl'
import { type ReactNode, useState } from 'react'
import { ShareGroups } from '@/components/groups/share-groups'
import { ImagePageHeader } from '@/components/images/image-page-header'
import { useMay } from '@/components/shell/rights'
import { Card } from '@/components/ui/card'
import { Meter } from '@/components/ui/meter'
import { ReadError } from '@/lib/fetch-json'
import type { Group } from '@/lib/groups/schema'
import { latePart } from '@/lib/late-part'
import { imageSharesQuery } from '@/lib/shares/queries'
import { dailySharesMax, recipientsMax } from '@/lib/shares/rules'
import type { ImageShare, ImageShares } from '@/lib/shares/schema'
import { ShareForm } from './share-form'
import { ShareTable } from './share-table'
import { recipientsId } from './shared-status'

// The image was deleted while its page was open.
const NotFoundPage = dynamic(
  () => latePart(() => import('@/components/shell/not-found-page').then((module) => module.NotFoundPage)),
  { ssr: false },
)

/** The Shared Images page of one image: the form, the two limits, and the recipients. */
export function SharePage({
  region,
  imageId,
  idempotencyKey,
  check,
  needsReason,
  suggested,
  groups,
}: {
  region: string
  imageId: string
  idempotencyKey: string
  /** Rendered by the server, so that it adds no script to the page. */
  check: ReactNode
  needsReason: boolean
  suggested: string
  groups: Group[]
}) {
  const t = useTranslations('share')
  const may = useMay()
  const { data, error } = useQuery(imageSharesQuery(region, imageId))
  const [added, setAdded] = useState<ImageShare[]>([])
  const [filled, setFilled] = useState<string[]>([])
  if (error instanceof ReadError && error.status === 404) return <NotFoundPage />
  if (!data) return null
  const { image } = data
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <ImagePageHeader region={region} image={image} page={t('title')} line={t('line')} />
      <div className="grid items-start gap-4 md:grid-cols-[minmax(0,560px)_minmax(240px,1fr)]">
        {may('shares.give', region) && (
          <ShareForm
            region={region}
            shares={data}
            idempotencyKey={idempotencyKey}
            check={check}
            needsReason={needsReason}
            suggested={suggested}
            filled={filled}
            onShare={setAdded}
          />
        )}
        <div className="flex min-w-0 flex-col gap-4">
          <Limits shares={data} />
          {may('shares.give', region) && (
            <ShareGroups region={region} shares={data} groups={groups} onFill={setFilled} />
          )}
        </div>
      </div>
      <div id={recipientsId} className="scroll-mt-16">
        <ShareTable region={region} shares={data} added={added} />
      </div>
    </main>
  )
}

function Limits({ shares }: { shares: ImageShares }) {
  const t = useTranslations('share')
  const format = useFormatter()
  const free = recipientsMax - shares.shares.length
  const resetsAt = format.dateTime(new Date(shares.today.resetsAt), { dateStyle: 'medium', timeStyle: 'short' })
  return (
    <Card title={t('limits')}>
      <div className="flex flex-col gap-5 p-4">
        <Meter
          label={t('recipients')}
          used={shares.shares.length}
          max={recipientsMax}
          hint={free > 0 ? t('recipientsFree', { free }) : t('recipientsFull')}
        />
        <Meter
          label={t('today')}
          used={shares.today.used}
          max={dailySharesMax}
          hint={t('todayResets', { time: resetsAt })}
        />
      </div>
    </Card>
  )
}
