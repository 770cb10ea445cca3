import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { BillPage } from '@/components/billing/bill-page'
import { getBill } from '@/lib/billing/reads'
import { billParams } from '@/lib/billing/schema'
import { requireContext } from '@/lib/context'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('billing'))('title') }
}

/** The bill of the viewer's master account, across all regions. */
export default async function BillingPage({ searchParams }: PageProps<'/billing'>) {
  const params = billParams.parse(await searchParams)
  const ctx = await requireContext(paths.billing(params), 'bill.read')
  return <BillPage bill={await forPage(getBill(ctx, params))} />
}
