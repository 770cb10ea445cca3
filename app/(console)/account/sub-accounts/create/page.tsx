import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { SubAccountForm } from '@/components/account/sub-account-form'
import { PageHeader } from '@/components/shell/page-header'
import { requireContext } from '@/lib/context'
import { paths } from '@/lib/paths'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('subAccounts'))('create') }
}

/** A new sub-account: its name, its password and what it may do. */
export default async function CreateSubAccountPage() {
  const ctx = await requireContext(paths.createSubAccount(), 'subAccounts.manage')
  const t = await getTranslations()
  const crumbs = [
    { label: t('account.title'), href: paths.account() },
    { label: t('subAccounts.title'), href: paths.subAccounts() },
    { label: t('subAccounts.create') },
  ]
  return (
    <main id="content" className="flex max-w-240 flex-col gap-4 p-4 md:p-6">
      <PageHeader crumbs={crumbs} title={t('subAccounts.create')} line={t('subAccounts.createLine')} />
      <SubAccountForm master={ctx.viewer.ownerUsername} idempotencyKey={crypto.randomUUID()} />
    </main>
  )
}
