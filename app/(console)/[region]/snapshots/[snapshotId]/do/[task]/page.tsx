import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { z } from 'zod'
import { PageHeader } from '@/components/shell/page-header'
import { SnapshotTaskPage } from '@/components/snapshots/snapshot-task-page'
import { snapshotTasks } from '@/components/snapshots/snapshot-tasks'
import { requireContext } from '@/lib/context'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { findSnapshot } from '@/lib/snapshots/reads'
import { snapshotInput } from '@/lib/snapshots/schema'

const taskParams = snapshotInput.extend({ task: z.enum(snapshotTasks) })

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('images'))('operation') }
}

export default async function DoPage({ params }: PageProps<'/[region]/snapshots/[snapshotId]/do/[task]'>) {
  const asked = taskParams.safeParse(await params)
  if (!asked.success) notFound()
  const { region, snapshotId, task } = asked.data
  const ctx = await requireContext(paths.snapshotTask(region, snapshotId, task), 'instances.change', region)
  const [snapshot, t] = await Promise.all([
    forPage(findSnapshot(ctx, { region, snapshotId })),
    getTranslations('snapshots'),
  ])
  if (!snapshot) notFound()
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('title'), href: paths.snapshots(region) }, { label: snapshot.name }]}
        title={snapshot.name}
        line={<span className="font-mono text-xs">{snapshot.id}</span>}
      />
      <SnapshotTaskPage task={task} region={region} snapshot={snapshot} idempotencyKey={crypto.randomUUID()} />
    </main>
  )
}
