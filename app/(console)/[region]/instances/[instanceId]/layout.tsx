import { notFound } from 'next/navigation'
import { InstancePage } from '@/components/instances/instance-page'
import { currentContext } from '@/lib/context'
import { instanceQuery } from '@/lib/instances/queries'
import { Prefetch } from '@/lib/prefetch'
import { pageInstance } from './page-instance'

/** The name and state of an instance, what can be done with it, and its tabs. */
export default async function InstanceLayout({ params, children }: LayoutProps<'/[region]/instances/[instanceId]'>) {
  const { region, instanceId } = await params
  // Signed out: the page inside this layout redirects to the sign-in page.
  if (!(await currentContext())) return children
  const instance = await pageInstance(region, instanceId)
  if (!instance) notFound()
  return (
    <Prefetch queries={[{ queryKey: instanceQuery(region, instanceId).queryKey, data: instance }]}>
      <InstancePage region={region} instanceId={instanceId}>
        {children}
      </InstancePage>
    </Prefetch>
  )
}
