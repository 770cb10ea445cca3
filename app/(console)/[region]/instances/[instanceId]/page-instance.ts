import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { cache } from 'react'
import { currentContext, requireContext } from '@/lib/context'
import { getInstance } from '@/lib/instances/reads'
import { instanceInput } from '@/lib/instances/schema'
import { forPage } from '@/lib/page-fault'
import type { paths } from '@/lib/paths'
import { may } from '@/lib/permissions'

/** An instance of the viewer, read once per request for the layout, the title and the page. */
export const pageInstance = cache(async (region: string, instanceId: string) => {
  const [asked, ctx] = [instanceInput.safeParse({ region, instanceId }), await currentContext()]
  return asked.success && ctx && may(ctx.viewer, 'instances.read', region)
    ? await forPage(getInstance(ctx, asked.data))
    : null
})

type InstanceParams = { params: Promise<{ region: string; instanceId: string }> }

/** The instance of a page. Redirects to sign-in if nobody is signed in; 404 if the instance is not the viewer's. */
export async function requireInstance(
  { params }: InstanceParams,
  path: (region: string, instanceId: string) => ReturnType<typeof paths.instance>,
) {
  const { region, instanceId } = await params
  const ctx = await requireContext(path(region, instanceId), 'instances.read', region)
  const instance = await pageInstance(region, instanceId)
  if (!instance) notFound()
  return { ctx, instance, region, instanceId }
}

/** The title of one of an instance's pages: the instance first, so that tabs can be told apart. */
export async function instanceTitle({ params }: InstanceParams, page: string): Promise<Metadata> {
  const { region, instanceId } = await params
  const [instance, t] = await Promise.all([pageInstance(region, instanceId), getTranslations('shell')])
  return { title: instance ? `${instance.name} · ${page}` : t('notFoundTitle') }
}
