import { redirect } from 'next/navigation'
import { paths } from '@/lib/paths'

export default async function RegionPage({ params }: PageProps<'/[region]'>) {
  redirect(paths.customImages((await params).region))
}
