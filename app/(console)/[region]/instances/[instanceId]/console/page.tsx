import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { InstanceConsole } from '@/components/instances/instance-console'
import { paths } from '@/lib/paths'
import { instanceTitle, requireInstance } from '../page-instance'

type Props = PageProps<'/[region]/instances/[instanceId]/console'>

export async function generateMetadata(props: Props): Promise<Metadata> {
  return await instanceTitle(props, (await getTranslations('instances'))('tab.console'))
}

export default async function ConsolePage(props: Props) {
  const { region, instanceId } = await requireInstance(props, paths.instanceConsole)
  return <InstanceConsole region={region} instanceId={instanceId} />
}
