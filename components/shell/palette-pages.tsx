'use client'

import {
  Bell,
  Camera,
  Contact,
  Disc3,
  IdCard,
  Plus,
  ReceiptText,
  ScrollText,
  Server,
  Share2,
  Trash,
  Upload,
  Users,
} from 'lucide'
import type { Route } from 'next'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { Icon } from '@/components/ui/icon'
import { paths } from '@/lib/paths'
import { useCurrentRegion } from './current-region'
import { usePermittedPage } from './rights'

/** An entry of the palette: a page or an operation. */
export type PaletteItem = {
  id: string
  icon: ReactNode
  label: string
  hint?: string
  /** Search words besides its label. */
  words?: string
} & ({ href: Route } | { run: () => void })

/** The pages that this account may see, in the order of the menu. */
export function usePages(): PaletteItem[] {
  const isPermitted = usePermittedPage()
  return useAllPages().filter(({ id }) => isPermitted(id))
}

function useAllPages(): PaletteItem[] {
  const t = useTranslations()
  const { region } = useCurrentRegion()
  const words = (
    page:
      | 'custom'
      | 'shared'
      | 'sharing'
      | 'import'
      | 'bin'
      | 'account'
      | 'subAccounts'
      | 'groups'
      | 'instances'
      | 'createInstance'
      | 'snapshots'
      | 'billing'
      | 'notices'
      | 'audit',
  ) => t(`palette.${page}`)
  return [
    {
      id: 'instances',
      href: paths.instances(region),
      icon: <Icon of={Server} />,
      label: t('instances.title'),
      words: words('instances'),
    },
    {
      id: 'create-instance',
      href: paths.createInstance(region),
      icon: <Icon of={Plus} />,
      label: t('createInstance.title'),
      words: words('createInstance'),
    },
    {
      id: 'custom',
      href: paths.customImages(region),
      icon: <Icon of={Disc3} />,
      label: t('images.custom'),
      words: words('custom'),
    },
    {
      id: 'shared',
      href: paths.sharedImages(region),
      icon: <Icon of={Share2} />,
      label: t('images.shared'),
      words: words('shared'),
    },
    {
      id: 'sharing',
      href: paths.sharing(region),
      icon: <Icon of={Share2} />,
      label: t('sharing.title'),
      words: words('sharing'),
    },
    {
      id: 'import',
      href: paths.importImage(region),
      icon: <Icon of={Upload} />,
      label: t('import.title'),
      words: words('import'),
    },
    {
      id: 'bin',
      href: paths.customImages(region, { state: 'deleted' }),
      icon: <Icon of={Trash} />,
      label: t('recycleBin.title'),
      words: words('bin'),
    },
    {
      id: 'snapshots',
      href: paths.snapshots(region),
      icon: <Icon of={Camera} />,
      label: t('snapshots.title'),
      words: words('snapshots'),
    },
    {
      id: 'billing',
      href: paths.billing(),
      icon: <Icon of={ReceiptText} />,
      label: t('billing.title'),
      words: words('billing'),
    },
    {
      id: 'notices',
      href: paths.notices(),
      icon: <Icon of={Bell} />,
      label: t('notices.title'),
      words: words('notices'),
    },
    {
      id: 'audit',
      href: paths.audit(),
      icon: <Icon of={ScrollText} />,
      label: t('audit.title'),
      words: words('audit'),
    },
    {
      id: 'account',
      href: paths.account(),
      icon: <Icon of={IdCard} />,
      label: t('account.title'),
      words: words('account'),
    },
    {
      id: 'sub-accounts',
      href: paths.subAccounts(),
      icon: <Icon of={Users} />,
      label: t('subAccounts.title'),
      words: words('subAccounts'),
    },
    {
      id: 'groups',
      href: paths.groups(),
      icon: <Icon of={Contact} />,
      label: t('groups.title'),
      words: words('groups'),
    },
  ]
}
