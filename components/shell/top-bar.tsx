import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { UploadsLink } from '@/components/imports/uploads-link'
import { NoticeBell } from '@/components/notices/notice-bell'
import { paths } from '@/lib/paths'
import { AccountMenu } from './account-menu'
import type { RegionChoice } from './current-region'
import { accountIcons, bellIcon, drawerIcon, languageIcon, menuIcons, themeIcons } from './frame-icons'
import { MenuDrawer } from './menu-drawer'
import { PaletteButton } from './palette-button'
import { LanguageMenu, ThemeMenu } from './preference-menus'
import type { Theme } from './preferences'
import { ProductMark } from './product-mark'
import { RegionPicker } from './region-picker'

type TopBarProps = {
  regions: RegionChoice[]
  theme: Theme
  viewer: { username: string; displayName: string }
  /** The release of the console, for the user menu. */
  release: string
}

/** The bar at the top of every page, dark in both themes. The user menu is its last button. */
export function TopBar({ regions, theme, viewer, release }: TopBarProps) {
  const t = useTranslations()
  return (
    <header className="screen-only sticky top-0 z-30 flex h-12 items-center gap-1 bg-bar px-2 text-bar-ink md:gap-2 md:px-4">
      <MenuDrawer icon={drawerIcon} menuIcons={menuIcons} />
      <Link
        href={paths.home()}
        className="mr-1 inline-flex h-8 shrink-0 items-center gap-2 rounded-control font-semibold text-md focus-visible:outline-bar-ink md:mr-3"
      >
        <ProductMark className="size-6" />
        <span className="max-md:sr-only">{t('product.name')}</span>
      </Link>
      <RegionPicker regions={regions} />
      <div className="ml-auto flex shrink-0 items-center md:gap-1">
        <UploadsLink />
        <PaletteButton regions={regions} />
        <NoticeBell icon={bellIcon} />
        <LanguageMenu icon={languageIcon} />
        <ThemeMenu initial={theme} icons={themeIcons} />
        <AccountMenu
          username={viewer.username}
          displayName={viewer.displayName}
          about={`${t('product.name')} ${release}`}
          icons={accountIcons}
        />
      </div>
    </header>
  )
}
