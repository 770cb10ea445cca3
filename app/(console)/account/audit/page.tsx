import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { AuditPage } from '@/components/audit/audit-page'
import { listAudit } from '@/lib/audit/reads'
import { verifyOwnChain } from '@/lib/audit/reads-verify'
import { auditParams } from '@/lib/audit/schema'
import { requireContext } from '@/lib/context'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('audit'))('title') }
}

/** The audit trail of the viewer's master account, across all regions. */
export default async function AccountAuditPage({ searchParams }: PageProps<'/account/audit'>) {
  const list = auditParams.parse(await searchParams)
  const ctx = await requireContext(paths.audit(list), 'account.manage')
  // Outside forPage, whose time limit is too short for verifying a long trail.
  const [page, verification] = await Promise.all([forPage(listAudit(ctx, list)), list.verify && verifyOwnChain(ctx)])
  return <AuditPage list={list} page={page} verification={verification ?? null} />
}
