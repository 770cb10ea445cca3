import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { InstanceSnapshotPage } from '@/components/snapshots/instance-snapshot-page'
import { paths } from '@/lib/paths'
import { instanceTitle, requireInstance } from '../../page-instance'

type Props = PageProps<'/[region]/instances/[instanceId]/do/createSnapshot'>

export async function generateMetadata(props: Props): Promise<Metadata> {
  return await instanceTitle(props, (await getTranslations('images'))('operation'))
}

export default async function CreateSnapshotPage(props: Props) {
  const { instance } = await requireInstance(props, (region, id) => paths.instanceTask(region, id, 'createSnapshot'))
  return <InstanceSnapshotPage task="createSnapshot" instance={instance} idempotencyKey={crypto.randomUUID()} />
}
