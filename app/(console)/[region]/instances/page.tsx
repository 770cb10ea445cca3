import type { Metadata } from 'next'
import Link from 'next/link'
import { getTranslations } from 'next-intl/server'
import { InstanceTable } from '@/components/instances/instance-table'
import { PageHeader } from '@/components/shell/page-header'
import { buttonClass } from '@/components/ui/button-class'
import { requireContext } from '@/lib/context'
import { instancesQuery } from '@/lib/instances/queries'
import { listInstances } from '@/lib/instances/reads'
import { instanceListParams } from '@/lib/instances/schema'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('instances'))('title') }
}

export default async function InstancesPage({ params, searchParams }: PageProps<'/[region]/instances'>) {
  const list = instanceListParams.parse({ ...(await searchParams), ...(await params) })
  const ctx = await requireContext(paths.instances(list.region, list), 'instances.read', list.region)
  const [data, t] = await Promise.all([forPage(listInstances(ctx, list)), getTranslations('instances')])
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('title') }]}
        title={t('title')}
        line={t('line')}
        actions={
          <Link href={paths.createInstance(list.region)} className={buttonClass('primary')}>
            {t('create')}
          </Link>
        }
      />
      <Prefetch queries={[{ queryKey: instancesQuery(list).queryKey, data }]}>
        <InstanceTable list={list} />
      </Prefetch>
    </main>
  )
}
