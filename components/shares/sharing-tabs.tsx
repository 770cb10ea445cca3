import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { tabClass } from '@/components/images/image-tabs'
import { paths } from '@/lib/paths'
import { type ShareListTab, shareListTabs } from '@/lib/shares/schema-list'

/** Given | Received. */
export function SharingTabs({ region, tab }: { region: string; tab: ShareListTab }) {
  const t = useTranslations('sharing')
  return (
    <nav aria-label={t('tabs')} className="flex gap-5 border-line border-b">
      {shareListTabs.map((one) => (
        <Link
          key={one}
          href={paths.sharing(region, { tab: one })}
          aria-current={one === tab ? 'page' : undefined}
          className={tabClass}
        >
          {t(one)}
        </Link>
      ))}
    </nav>
  )
}
