import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { ImportPage } from '@/components/imports/import-page'
import { quotasQuery } from '@/lib/accounts/queries'
import { requireContext } from '@/lib/context'
import { findDiskTool } from '@/lib/disks/convert'
import { env } from '@/lib/env'
import { imageId } from '@/lib/fields'
import { getImage } from '@/lib/images/reads'
import { unfinishedUploadsQuery } from '@/lib/imports/queries'
import { listOperatingSystems, listUnfinishedUploads } from '@/lib/imports/reads'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'
import { listQuotas } from '@/lib/quotas/reads'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('import'))('title') }
}

export default async function ImportImagePage({ params, searchParams }: PageProps<'/[region]/images/import'>) {
  const [{ region }, search] = await Promise.all([params, searchParams])
  const again = imageId.safeParse(search.again).data
  const ctx = await requireContext(paths.importImage(region, again), 'images.change', region)
  const [unfinished, quotas, systems, failed, tool] = await Promise.all([
    forPage(listUnfinishedUploads(ctx, { region })),
    forPage(listQuotas(ctx.viewer.ownerId)),
    forPage(listOperatingSystems(ctx)),
    again ? forPage(getImage(ctx, { region, imageId: again })) : null,
    findDiskTool(),
  ])
  const { ECS_IMAGE_SIZE_MAX, ECS_UPLOAD_CHUNK } = env()
  return (
    <Prefetch<object>
      queries={[
        { queryKey: unfinishedUploadsQuery(region).queryKey, data: unfinished },
        { queryKey: quotasQuery().queryKey, data: quotas },
      ]}
    >
      <ImportPage
        region={region}
        sizeMax={ECS_IMAGE_SIZE_MAX}
        chunkBytes={ECS_UPLOAD_CHUNK}
        canConvert={tool !== null}
        systems={systems}
        again={failed?.view === 'owner' ? { name: failed.name, operatingSystem: failed.operatingSystem } : null}
      />
    </Prefetch>
  )
}
