import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { PageHeader } from '@/components/shell/page-header'
import { SnapshotTable } from '@/components/snapshots/snapshot-table'
import { requireContext } from '@/lib/context'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'
import { snapshotsQuery } from '@/lib/snapshots/queries'
import { listSnapshots } from '@/lib/snapshots/reads'
import { snapshotListParams } from '@/lib/snapshots/schema'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('snapshots'))('title') }
}

export default async function SnapshotsPage({ params, searchParams }: PageProps<'/[region]/snapshots'>) {
  // The list of one instance is a tab of its page.
  const asked = { ...(await searchParams), ...(await params), instanceId: undefined }
  const list = snapshotListParams.parse(asked)
  const ctx = await requireContext(paths.snapshots(list.region, list), 'instances.read', list.region)
  const [data, t] = await Promise.all([forPage(listSnapshots(ctx, list)), getTranslations('snapshots')])
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <PageHeader crumbs={[{ label: t('title') }]} title={t('title')} line={t('line')} />
      <Prefetch queries={[{ queryKey: snapshotsQuery(list).queryKey, data }]}>
        <SnapshotTable list={list} />
      </Prefetch>
    </main>
  )
}
