import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { BasicInfo } from '@/components/account/basic-info'
import { ImageQuotas } from '@/components/account/image-quotas'
import { IncomingForm } from '@/components/account/incoming-form'
import { LinkCard } from '@/components/account/link-card'
import { PasswordForm } from '@/components/account/password-form'
import { PageHeader } from '@/components/shell/page-header'
import { quotasQuery } from '@/lib/accounts/queries'
import { getAccountInfo, getIncoming } from '@/lib/accounts/reads'
import { requireContext } from '@/lib/context'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { may, mayEverywhere } from '@/lib/permissions'
import { Prefetch } from '@/lib/prefetch'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('account'))('title') }
}

export default async function AccountPage() {
  const ctx = await requireContext(paths.account(), 'signed-in')
  const [account, incoming, t] = await Promise.all([
    forPage(getAccountInfo(ctx)),
    mayEverywhere(ctx.viewer, 'shares.receive') ? forPage(getIncoming(ctx)) : null,
    getTranslations(),
  ])
  return (
    <main id="content" className="flex max-w-240 flex-col gap-4 p-4 md:p-6">
      <PageHeader crumbs={[{ label: t('account.title') }]} title={t('account.title')} line={t('account.line')} />
      <BasicInfo account={account} />
      <Prefetch queries={[{ queryKey: quotasQuery().queryKey, data: account.quotas }]}>
        <ImageQuotas />
      </Prefetch>
      {incoming && <IncomingForm incoming={incoming} />}
      {may(ctx.viewer, 'subAccounts.manage', null) && (
        <LinkCard
          title={t('subAccounts.title')}
          line={t('subAccounts.line')}
          label={t('subAccounts.manage')}
          href={paths.subAccounts()}
        />
      )}
      {may(ctx.viewer, 'groups.manage', null) && (
        <LinkCard title={t('groups.title')} line={t('groups.line')} label={t('groups.manage')} href={paths.groups()} />
      )}
      <PasswordForm />
    </main>
  )
}
