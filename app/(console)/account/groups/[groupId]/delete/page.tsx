import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { DeleteGroupPage } from '@/components/groups/delete-group-page'
import { PageHeader } from '@/components/shell/page-header'
import { paths } from '@/lib/paths'
import { groupOf, groupTitle } from '../group-page'

type Props = PageProps<'/account/groups/[groupId]/delete'>

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return await groupTitle(params, 'delete')
}

/** Asks before a group is deleted. */
export default async function DeletePage({ params }: Props) {
  const [group, t] = await Promise.all([groupOf(params, '/delete'), getTranslations()])
  const crumbs = [
    { label: t('account.title'), href: paths.account() },
    { label: t('groups.title'), href: paths.groups() },
    { label: group.name, href: paths.group(group.id) },
    { label: t('groups.delete') },
  ]
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      <PageHeader crumbs={crumbs} title={group.name} line={t('groups.line')} />
      <DeleteGroupPage group={group} />
    </main>
  )
}
