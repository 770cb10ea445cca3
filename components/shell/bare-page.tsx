import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { paths } from '@/lib/paths'
import { ProductMark } from './product-mark'

/**
 * The frame of a page outside the console, or without a known viewer. Links with a plain <a>, which loads a new document
 * and needs no script.
 */
export function BarePage({ children }: { children: ReactNode }) {
  const t = useTranslations('product')
  return (
    <>
      <header className="flex h-12 items-center bg-bar px-4 text-bar-ink">
        <a
          href={paths.home()}
          className="inline-flex h-8 items-center gap-2 rounded-control font-semibold text-md focus-visible:outline-bar-ink"
        >
          <ProductMark className="size-6" />
          {t('name')}
        </a>
      </header>
      {children}
    </>
  )
}
