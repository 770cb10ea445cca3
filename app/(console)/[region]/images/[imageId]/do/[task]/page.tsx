import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { z } from 'zod'
import { ImageTaskPage } from '@/components/images/image-task-page'
import { imageTasks } from '@/components/images/image-tasks'
import { PageHeader } from '@/components/shell/page-header'
import { requireContext } from '@/lib/context'
import { getImage } from '@/lib/images/reads'
import { imageParams } from '@/lib/images/schema'
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
  const ctx = await requireContext(paths.imageTask(region, imageId, task))
  const [image, t] = await Promise.all([forPage(getImage(ctx, { region, imageId })), getTranslations('images')])
  if (image?.view !== 'owner') notFound()
  const recipients = image.recipients.map((share) => share.username)
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[
          { label: t('title'), href: paths.customImages(region) },
          { label: image.name, href: paths.image(region, imageId) },
          { label: t('operation') },
        ]}
        title={image.name}
        line={<span className="font-mono text-xs">{image.id}</span>}
      />
      <ImageTaskPage task={task} region={region} image={{ ...image, recipients }} recycleDays={image.recycleDays} />
    </main>
  )
}
