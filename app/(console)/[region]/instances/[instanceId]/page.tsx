import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { InstanceOverview } from '@/components/instances/instance-overview'
import { env } from '@/lib/env'
import { paths } from '@/lib/paths'
import { instanceTitle, requireInstance } from './page-instance'

type Props = PageProps<'/[region]/instances/[instanceId]'>

export async function generateMetadata(props: Props): Promise<Metadata> {
  return await instanceTitle(props, (await getTranslations('instances'))('instance'))
}

export default async function OverviewPage(props: Props) {
  const { region, instanceId } = await requireInstance(props, paths.instance)
  return <InstanceOverview region={region} instanceId={instanceId} currency={env().ECS_CURRENCY} />
}
