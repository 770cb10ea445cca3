import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { z } from 'zod'
import { ChangeTypeForm } from '@/components/instances/change-type-form'
import { InstanceTaskPage } from '@/components/instances/instance-task-page'
import { instanceTaskPages } from '@/components/instances/instance-tasks'
import { env } from '@/lib/env'
import { listInstanceTypes } from '@/lib/instance-types/reads'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { instanceTitle, requireInstance } from '../../page-instance'

type Props = PageProps<'/[region]/instances/[instanceId]/do/[task]'>

export async function generateMetadata(props: Props): Promise<Metadata> {
  return await instanceTitle(props, (await getTranslations('images'))('operation'))
}

export default async function DoPage(props: Props) {
  const { data: task } = z.enum(instanceTaskPages).safeParse((await props.params).task)
  if (!task) notFound()
  const { instance } = await requireInstance(props, (region, id) => paths.instanceTask(region, id, task))
  if (task !== 'changeType') return <InstanceTaskPage task={task} instance={instance} />
  const types = await forPage(listInstanceTypes())
  return <ChangeTypeForm instance={instance} types={types} currency={env().ECS_CURRENCY} />
}
