import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { BarePage } from '@/components/shell/bare-page'
import { NotFoundPage } from '@/components/shell/not-found-page'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('notFoundTitle') }
}

export default function NotFound() {
  return (
    <BarePage>
      <NotFoundPage />
    </BarePage>
  )
}
