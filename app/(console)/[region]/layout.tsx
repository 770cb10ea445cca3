import { notFound } from 'next/navigation'
import { pageRegions } from '@/lib/page-regions'

/** 404 for a region that does not exist. */
export default async function RegionLayout({ params, children }: LayoutProps<'/[region]'>) {
  const { region } = await params
  const regions = await pageRegions()
  if (!regions.some((candidate) => candidate.id === region)) notFound()
  return children
}
