import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { SubAccountSettings } from '@/components/account/sub-account-settings'
import { PageHeader } from '@/components/shell/page-header'
import { subAccountsQuery } from '@/lib/accounts/queries'
import { listSubAccounts } from '@/lib/accounts/reads'
import { requireContext } from '@/lib/context'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('subAccounts'))('title') }
}

/** One sub-account: its policies, a new password, and whether it can sign in. */
export default async function SubAccountPage({ params }: PageProps<'/account/sub-accounts/[accountId]'>) {
  const { accountId } = await params
  const ctx = await requireContext(paths.subAccount(accountId), 'subAccounts.manage')
  const [accounts, t] = await Promise.all([forPage(listSubAccounts(ctx)), getTranslations()])
  const account = accounts.find(({ id }) => id === accountId)
  if (!account) notFound()
  const crumbs = [
    { label: t('account.title'), href: paths.account() },
    { label: t('subAccounts.title'), href: paths.subAccounts() },
    { label: account.username },
  ]
  return (
    <main id="content" className="flex max-w-240 flex-col gap-4 p-4 md:p-6">
      <PageHeader crumbs={crumbs} title={account.username} line={account.displayName} />
      <Prefetch queries={[{ queryKey: subAccountsQuery().queryKey, data: accounts }]}>
        <SubAccountSettings id={account.id} />
      </Prefetch>
    </main>
  )
}
