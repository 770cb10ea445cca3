import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { InstanceScreen } from '@/components/instances/instance-screen'
import { paths } from '@/lib/paths'
import { instanceTitle, requireInstance } from '../page-instance'

type Props = PageProps<'/[region]/instances/[instanceId]/screen'>

export async function generateMetadata(props: Props): Promise<Metadata> {
  return await instanceTitle(props, (await getTranslations('instances'))('tab.screen'))
}

export default async function ScreenPage(props: Props) {
  const { region, instanceId } = await requireInstance(props, paths.instanceScreen)
  return <InstanceScreen region={region} instanceId={instanceId} />
}
