import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { InstanceSnapshotPage } from '@/components/snapshots/instance-snapshot-page'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'
import { restorableOf, snapshotsQuery } from '@/lib/snapshots/queries'
import { listSnapshots } from '@/lib/snapshots/reads'
import { instanceTitle, requireInstance } from '../../page-instance'

type Props = PageProps<'/[region]/instances/[instanceId]/do/restore'>

export async function generateMetadata(props: Props): Promise<Metadata> {
  return await instanceTitle(props, (await getTranslations('images'))('operation'))
}

export default async function RestorePage(props: Props) {
  const { ctx, instance, region, instanceId } = await requireInstance(props, (region, id) =>
    paths.instanceTask(region, id, 'restore'),
  )
  const list = restorableOf(region, instanceId)
  const data = await forPage(listSnapshots(ctx, list))
  return (
    <Prefetch queries={[{ queryKey: snapshotsQuery(list).queryKey, data }]}>
      <InstanceSnapshotPage task="restore" instance={instance} idempotencyKey={crypto.randomUUID()} />
    </Prefetch>
  )
}
