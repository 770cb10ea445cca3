import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { GroupForm } from '@/components/groups/group-form'
import { GroupList } from '@/components/groups/group-list'
import { PageHeader } from '@/components/shell/page-header'
import { requireContext } from '@/lib/context'
import { listGroups } from '@/lib/groups/reads'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('groups'))('title') }
}

/** Named lists of recipients, for accounts that may share in every region. */
export default async function GroupsPage() {
  const ctx = await requireContext(paths.groups(), 'groups.manage')
  const [groups, t] = await Promise.all([forPage(listGroups(ctx)), getTranslations()])
  return (
    <main id="content" className="flex max-w-240 flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('account.title'), href: paths.account() }, { label: t('groups.title') }]}
        title={t('groups.title')}
        line={t('groups.line')}
      />
      <GroupList groups={groups} />
      <GroupForm group={null} idempotencyKey={crypto.randomUUID()} />
    </main>
  )
}
