import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { CheckReport } from '@/components/checks/check-report'
import { ImageElsewherePage } from '@/components/images/image-elsewhere'
import { getCheckReport } from '@/lib/checks/reads'
import { checkReportParams } from '@/lib/checks/schema'
import { getCleanCopy } from '@/lib/clean-copies/reads'
import { requireContext } from '@/lib/context'
import { getImage } from '@/lib/images/reads'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { imageTitle } from '../image-title'

type Props = PageProps<'/[region]/images/[imageId]/check'>

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return await imageTitle({ params, page: (await getTranslations('check'))('title'), isOwnersOnly: true })
}

export default async function DiskCheckPage({ params, searchParams }: Props) {
  const asked = checkReportParams.safeParse({ ...(await searchParams), ...(await params) })
  if (!asked.success) notFound()
  const { region, imageId, ...list } = asked.data
  const ctx = await requireContext(paths.imageCheck(region, imageId, list), 'images.read', region)
  const [report, clean] = await Promise.all([
    forPage(getCheckReport(ctx, asked.data)),
    forPage(getCleanCopy(ctx, asked.data)),
  ])
  if (report) return <CheckReport region={region} report={report} clean={clean} list={list} />
  const image = await forPage(getImage(ctx, { region, imageId }))
  if (image?.view !== 'elsewhere') notFound()
  return (
    <ImageElsewherePage
      image={image}
      href={paths.imageCheck(image.imageRegion, image.id)}
      region={region}
      viewer={ctx.viewer}
    />
  )
}
