import 'server-only'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { currentContext, requireContext } from '@/lib/context'
import { listGroups } from '@/lib/groups/reads'
import type { Group } from '@/lib/groups/schema'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { may } from '@/lib/permissions'

type Params = Promise<{ groupId: string }>

/** The title of a page about one group: the name of the group, then the page. */
export async function groupTitle(params: Params, page: 'title' | 'delete'): Promise<Metadata> {
  const [{ groupId }, ctx, t] = await Promise.all([params, currentContext(), getTranslations('groups')])
  const groups = ctx && may(ctx.viewer, 'groups.manage', null) ? await forPage(listGroups(ctx)) : []
  const group = groups.find(({ id }) => id === groupId)
  return { title: group ? `${group.name} · ${t(page)}` : t('title') }
}

/** The group of a page, for viewers who may manage groups; else the page redirects or is a 404. */
export async function groupOf(params: Params, question: '' | '/delete'): Promise<Group> {
  const { groupId } = await params
  const ctx = await requireContext(paths.group(groupId, question), 'groups.manage')
  const groups = await forPage(listGroups(ctx))
  return groups.find(({ id }) => id === groupId) ?? notFound()
}
