import { redirect } from 'next/navigation'
import { paths } from '@/lib/paths'

export default async function ImagesPage({ params }: PageProps<'/[region]/images'>) {
  redirect(paths.customImages((await params).region))
}
