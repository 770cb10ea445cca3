import type { Metadata } from 'next'
import Link from 'next/link'
import { getTranslations } from 'next-intl/server'
import { SubAccountTable } from '@/components/account/sub-account-table'
import { PageHeader } from '@/components/shell/page-header'
import { buttonClass } from '@/components/ui/button-class'
import { subAccountsQuery } from '@/lib/accounts/queries'
import { listSubAccounts } from '@/lib/accounts/reads'
import { requireContext } from '@/lib/context'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('subAccounts'))('title') }
}

/** The sub-accounts of the viewer's master account. */
export default async function SubAccountsPage() {
  const ctx = await requireContext(paths.subAccounts(), 'subAccounts.manage')
  const [accounts, t] = await Promise.all([forPage(listSubAccounts(ctx)), getTranslations()])
  const create = (
    <Link href={paths.createSubAccount()} className={buttonClass('primary')}>
      {t('subAccounts.create')}
    </Link>
  )
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('account.title'), href: paths.account() }, { label: t('subAccounts.title') }]}
        title={t('subAccounts.title')}
        line={t('subAccounts.line')}
        actions={create}
      />
      <Prefetch queries={[{ queryKey: subAccountsQuery().queryKey, data: accounts }]}>
        <SubAccountTable />
      </Prefetch>
    </main>
  )
}
