import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { InstanceSnapshots } from '@/components/snapshots/instance-snapshots'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'
import { snapshotsQuery } from '@/lib/snapshots/queries'
import { listSnapshots } from '@/lib/snapshots/reads'
import { snapshotListParams } from '@/lib/snapshots/schema'
import { instanceTitle, requireInstance } from '../page-instance'

type Props = PageProps<'/[region]/instances/[instanceId]/snapshots'>

export async function generateMetadata(props: Props): Promise<Metadata> {
  return await instanceTitle(props, (await getTranslations('instances'))('tab.snapshots'))
}

export default async function SnapshotsPage(props: Props) {
  const list = snapshotListParams.parse({ ...(await props.searchParams), ...(await props.params) })
  const { ctx, region, instanceId } = await requireInstance(props, (region, id) =>
    paths.instanceSnapshots(region, id, list),
  )
  const data = await forPage(listSnapshots(ctx, list))
  return (
    <Prefetch queries={[{ queryKey: snapshotsQuery(list).queryKey, data }]}>
      <InstanceSnapshots region={region} instanceId={instanceId} list={list} />
    </Prefetch>
  )
}
