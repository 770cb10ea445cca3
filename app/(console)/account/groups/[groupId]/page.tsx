import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { DeleteGroup } from '@/components/groups/delete-group'
import { GroupForm } from '@/components/groups/group-form'
import { PageHeader } from '@/components/shell/page-header'
import { paths } from '@/lib/paths'
import { groupOf, groupTitle } from './group-page'

type Props = PageProps<'/account/groups/[groupId]'>

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return await groupTitle(params, 'title')
}

/** One group: its name and its usernames. */
export default async function GroupPage({ params }: Props) {
  const [group, t] = await Promise.all([groupOf(params, ''), getTranslations()])
  const crumbs = [
    { label: t('account.title'), href: paths.account() },
    { label: t('groups.title'), href: paths.groups() },
    { label: group.name },
  ]
  return (
    <main id="content" className="flex max-w-240 flex-col gap-4 p-4 md:p-6">
      <PageHeader crumbs={crumbs} title={group.name} line={t('groups.line')} actions={<DeleteGroup group={group} />} />
      <GroupForm group={group} />
    </main>
  )
}
