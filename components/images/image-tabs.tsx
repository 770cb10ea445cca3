'use client'

import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { paths } from '@/lib/paths'
import { newSharesQuery } from '@/lib/shares/queries'

export const tabClass =
  '-mb-px inline-flex h-9 items-center gap-2 border-transparent border-b-2 px-1 text-md text-ink-muted transition-colors hover:text-ink ' +
  'aria-[current]:border-accent aria-[current]:font-medium aria-[current]:text-accent'

/** Custom Images | Shared Images, as links because each is a route. The second counts new shares. */
export function ImageTabs({ region }: { region: string }) {
  const t = useTranslations('images')
  const pathname = usePathname()
  const { data } = useQuery(newSharesQuery(region))
  const isCurrent = (href: string) => (pathname === href ? ('page' as const) : undefined)
  const custom = paths.customImages(region)
  const shared = paths.sharedImages(region)
  return (
    <nav aria-label={t('tabs')} className="flex gap-5 border-line border-b">
      <Link href={custom} aria-current={isCurrent(custom)} className={tabClass}>
        {t('custom')}
      </Link>
      <Link href={shared} aria-current={isCurrent(shared)} className={tabClass}>
        <span>{t('shared')}</span>
        {data && data.count > 0 && (
          <span className="inline-flex h-5 min-w-5 items-center justify-center rounded-full border border-transparent bg-accent px-1.5 text-on-accent text-xs tabular-nums">
            <span aria-hidden>{data.count}</span>
            <span className="sr-only">{t('newCount', { count: data.count })}</span>
          </span>
        )}
      </Link>
    </nav>
  )
}
