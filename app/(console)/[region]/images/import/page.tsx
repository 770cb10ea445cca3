import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { ImportPage } from '@/components/imports/import-page'
import { requireContext } from '@/lib/auth/session'
import { findDiskTool } from '@/lib/disks/convert'
import { env } from '@/lib/env'
import { unfinishedUploadsQuery } from '@/lib/imports/queries'
import { listUnfinishedUploads } from '@/lib/imports/reads'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('import'))('title') }
}

export default async function ImportImagePage({ params }: PageProps<'/[region]/images/import'>) {
  const { region } = await params
  const ctx = await requireContext(paths.importImage(region))
  const [data, tool] = await Promise.all([forPage(listUnfinishedUploads(ctx, { region })), findDiskTool()])
  const { ECS_IMAGE_SIZE_MAX, ECS_UPLOAD_CHUNK } = env()
  return (
    <Prefetch queries={[{ queryKey: unfinishedUploadsQuery(region).queryKey, data }]}>
      <ImportPage
        region={region}
        sizeMax={ECS_IMAGE_SIZE_MAX}
        chunkBytes={ECS_UPLOAD_CHUNK}
        canConvert={tool !== null}
      />
    </Prefetch>
  )
}
