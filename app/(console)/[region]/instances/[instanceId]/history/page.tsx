import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { InstanceHistory } from '@/components/instances/instance-history'
import { eventBefore } from '@/lib/fields'
import { instanceEventsQuery } from '@/lib/instances/queries'
import { listInstanceEvents } from '@/lib/instances/reads'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'
import { instanceTitle, requireInstance } from '../page-instance'

type Props = PageProps<'/[region]/instances/[instanceId]/history'>

export async function generateMetadata(props: Props): Promise<Metadata> {
  return await instanceTitle(props, (await getTranslations('images'))('history'))
}

export default async function HistoryPage(props: Props) {
  const before = eventBefore.parse((await props.searchParams).before)
  const { ctx, region, instanceId } = await requireInstance(props, (region, id) =>
    paths.instanceHistory(region, id, before),
  )
  const data = await forPage(listInstanceEvents(ctx, { region, instanceId, before }))
  return (
    <Prefetch<object>
      queries={data ? [{ queryKey: instanceEventsQuery(region, instanceId, before).queryKey, data }] : []}
    >
      <InstanceHistory region={region} instanceId={instanceId} before={before} />
    </Prefetch>
  )
}
