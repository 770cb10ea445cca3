import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { DeliveryTable } from '@/components/notices/delivery-table'
import { WebhookForm } from '@/components/notices/webhook-form'
import { PageHeader } from '@/components/shell/page-header'
import { requireContext } from '@/lib/context'
import { webhookQuery } from '@/lib/notices/queries'
import { getWebhook } from '@/lib/notices/reads'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('notices.webhook'))('title') }
}

/** The webhook that gets a master account's notices. Sub-accounts have none. */
export default async function WebhookPage() {
  const ctx = await requireContext(paths.webhook(), 'signed-in')
  const [data, t] = await Promise.all([forPage(getWebhook(ctx)), getTranslations('notices')])
  if (!data) notFound()
  const crumbs = [
    { label: t('title'), href: paths.notices() },
    { label: t('settings'), href: paths.noticeSettings() },
    { label: t('webhook.title') },
  ]
  return (
    <main id="content" className="flex max-w-240 flex-col gap-4 p-4 md:p-6">
      <PageHeader crumbs={crumbs} title={t('webhook.title')} line={t('webhook.line')} />
      <Prefetch queries={[{ queryKey: webhookQuery().queryKey, data }]}>
        <WebhookForm />
        <DeliveryTable />
      </Prefetch>
    </main>
  )
}
