import { useTranslations } from 'next-intl'
import { PageHeader } from '@/components/shell/page-header'
import { filtersOf } from '@/lib/audit/rules'
import type { AuditParams, AuditPage as AuditRows, OwnVerification } from '@/lib/audit/schema'
import { defaultPageSize } from '@/lib/pages'
import { paths } from '@/lib/paths'
import { AuditFilter } from './audit-filter'
import { AuditTable } from './audit-table'
import { AuditVerdict } from './audit-verdict'
import { ExportMenu } from './export-menu'
import { VerifyButton } from './verify-button'

type AuditPageProps = { list: AuditParams; page: AuditRows; verification: OwnVerification | null }

/** The audit trail of an account: filters, entries, exports, and the outcome of a verification. */
export function AuditPage({ list, page, verification }: AuditPageProps) {
  const t = useTranslations('audit')
  const filters = filtersOf(list)
  const size = list.size === defaultPageSize ? undefined : String(list.size)
  return (
    <main id="content" className="flex min-w-0 flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('title') }]}
        title={t('title')}
        line={t('line')}
        actions={
          <>
            <ExportMenu filters={filters} />
            <VerifyButton action={paths.audit()} kept={{ ...filters, size }} />
          </>
        }
      />
      {verification && <AuditVerdict verification={verification} />}
      <section aria-label={t('caption')} className="min-w-0 rounded-card border border-line bg-surface-raised">
        <AuditFilter list={list} />
        <AuditTable list={list} page={page} />
      </section>
    </main>
  )
}
