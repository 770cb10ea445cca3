'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { classNames } from '@/components/ui/class-names'
import { paths } from '@/lib/paths'
import { useCurrentRegion } from './current-region'
import type { MenuIcons } from './frame-icons'
import { useMay } from './rights'

type SideMenuProps = {
  icons: MenuIcons
  /** For the drawer on a phone, which always shows words: called when a page was chosen. */
  onNavigate?: () => void
}

/** The console's menu. Below 1100 px it collapses to icons, with the words as tooltips. */
export function SideMenu({ icons, onNavigate }: SideMenuProps) {
  const t = useTranslations('shell')
  const pathname = usePathname()
  const { region } = useCurrentRegion()
  const may = useMay()
  const [seesImages, seesInstances] = [may('images.read', region), may('instances.read', region)]
  const wordClass = onNavigate ? '' : 'max-lg:sr-only'
  const entry = (href: Route, path: string, id: keyof MenuIcons, label: string) => (
    <Link
      href={href}
      title={label}
      aria-current={pathname.startsWith(path) ? 'page' : undefined}
      onClick={onNavigate}
      className={classNames(
        'flex h-9 items-center gap-2.5 rounded-control px-2.5 text-sm transition-colors hover:bg-surface-hover',
        'aria-[current]:bg-accent-soft aria-[current]:font-medium aria-[current]:text-accent',
      )}
    >
      {icons[id]}
      <span className={wordClass}>{label}</span>
    </Link>
  )
  return (
    <nav aria-label={t('mainMenu')} className="flex flex-col gap-1 p-2">
      {seesInstances && entry(paths.instances(region), `/${region}/instances`, 'instances', t('instances'))}
      {(seesImages || seesInstances) && (
        <h2 className={classNames('px-2 pt-2 pb-1 font-medium text-ink-muted text-xs', wordClass)}>
          {t('imagesAndSnapshots')}
        </h2>
      )}
      {seesImages && entry(paths.customImages(region), `/${region}/images`, 'images', t('images'))}
      {seesInstances && entry(paths.snapshots(region), `/${region}/snapshots`, 'snapshots', t('snapshots'))}
      {seesImages && entry(paths.sharing(region), `/${region}/sharing`, 'sharing', t('sharing'))}
      {may('bill.read', null) && entry(paths.billing(), '/billing', 'billing', t('billing'))}
      {may('account.manage', null) && entry(paths.audit(), '/account/audit', 'audit', t('audit'))}
    </nav>
  )
}
