import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { z } from 'zod'
import { ImagePageHeader } from '@/components/images/image-page-header'
import { ImageTaskPage } from '@/components/images/image-task-page'
import { imageTasks } from '@/components/images/image-tasks'
import { requireContext } from '@/lib/context'
import { getImage } from '@/lib/images/reads'
import { imageParams } from '@/lib/images/schema'
import { listImageInstances } from '@/lib/instances/reads'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'

const taskParams = imageParams.extend({ task: z.enum(imageTasks) })

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('images'))('operation') }
}

export default async function DoPage({ params }: PageProps<'/[region]/images/[imageId]/do/[task]'>) {
  const asked = taskParams.safeParse(await params)
  if (!asked.success) notFound()
  const { region, imageId, task } = asked.data
  const ctx = await requireContext(paths.imageTask(region, imageId, task), 'images.read', region)
  const [image, usedBy, t] = await Promise.all([
    forPage(getImage(ctx, { region, imageId })),
    forPage(listImageInstances(ctx, imageId)),
    getTranslations('images'),
  ])
  if (image?.view !== 'owner') notFound()
  const recipients = image.recipients.map((share) => share.username)
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      <ImagePageHeader region={region} image={image} page={t('operation')} />
      <ImageTaskPage
        task={task}
        region={region}
        image={{ ...image, recipients }}
        usedBy={usedBy}
        recycleDays={image.recycleDays}
      />
    </main>
  )
}
