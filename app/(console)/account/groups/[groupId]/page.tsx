import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { DeleteGroup, GroupForm } from '@/components/groups/group-form'
import { PageHeader } from '@/components/shell/page-header'
import { currentContext, requireContext } from '@/lib/context'
import { listGroups } from '@/lib/groups/reads'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { may } from '@/lib/permissions'

type Props = PageProps<'/account/groups/[groupId]'>

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const [{ groupId }, ctx, t] = await Promise.all([params, currentContext(), getTranslations('groups')])
  const groups = ctx && may(ctx.viewer, 'groups.manage', null) ? await forPage(listGroups(ctx)) : []
  const group = groups.find(({ id }) => id === groupId)
  return { title: group ? `${group.name} · ${t('title')}` : t('title') }
}

/** One group: its name and its usernames. */
export default async function GroupPage({ params }: Props) {
  const { groupId } = await params
  const ctx = await requireContext(paths.group(groupId), 'groups.manage')
  const [groups, t] = await Promise.all([forPage(listGroups(ctx)), getTranslations()])
  const group = groups.find(({ id }) => id === groupId)
  if (!group) notFound()
  const crumbs = [
    { label: t('account.title'), href: paths.account() },
    { label: t('groups.title'), href: paths.groups() },
    { label: group.name },
  ]
  return (
    <main id="content" className="flex max-w-240 flex-col gap-4 p-4 md:p-6">
      <PageHeader crumbs={crumbs} title={group.name} line={t('groups.line')} />
      <GroupForm group={group} />
      <DeleteGroup group={group} />
    </main>
  )
}
