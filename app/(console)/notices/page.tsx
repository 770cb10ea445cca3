import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { NoticePage } from '@/components/notices/notice-page'
import { requireContext } from '@/lib/context'
import { noticesQuery } from '@/lib/notices/queries'
import { listNotices } from '@/lib/notices/reads'
import { noticeParams } from '@/lib/notices/schema'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('notices'))('title') }
}

/** The viewer's notices from all regions. */
export default async function NoticesPage({ searchParams }: PageProps<'/notices'>) {
  const list = noticeParams.parse(await searchParams)
  const ctx = await requireContext(paths.notices(list), 'signed-in')
  const data = await forPage(listNotices(ctx, list))
  return (
    <Prefetch queries={[{ queryKey: noticesQuery(list).queryKey, data }]}>
      <NoticePage list={list} />
    </Prefetch>
  )
}
