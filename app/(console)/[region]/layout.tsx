import { notFound } from 'next/navigation'
import { forPage } from '@/lib/page-fault'
import { listRegions } from '@/lib/regions/reads'

/** 404 for a region that there is not. */
export default async function RegionLayout({ params, children }: LayoutProps<'/[region]'>) {
  const { region } = await params
  const regions = await forPage(listRegions())
  if (!regions.some((candidate) => candidate.id === region)) notFound()
  return children
}
