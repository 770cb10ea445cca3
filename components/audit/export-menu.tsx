'use client'

import { ChevronDown, Download } from 'lucide'
import { useTranslations } from 'next-intl'
import { buttonClass } from '@/components/ui/button-class'
import { Icon } from '@/components/ui/icon'
import { MenuButton } from '@/components/ui/menu-button'
import type { AuditFilters } from '@/lib/audit/rules'
import { paths } from '@/lib/paths'

/** Exports the filtered entries as CSV or JSON, or the whole trail with its proof. */
export function ExportMenu({ filters }: { filters: AuditFilters }) {
  const t = useTranslations('audit')
  return (
    <MenuButton
      label={t('export')}
      align="end"
      className={buttonClass('secondary')}
      href={paths.api.auditExport('proof')}
      items={[
        { kind: 'download', label: t('exportProof'), href: paths.api.auditExport('proof') },
        { kind: 'download', label: t('exportCsv'), href: paths.api.auditExport('csv', filters) },
        { kind: 'download', label: t('exportJson'), href: paths.api.auditExport('json', filters) },
      ]}
    >
      <Icon of={Download} className="size-4" />
      {t('export')}
      <Icon of={ChevronDown} className="size-4 text-ink-muted" />
    </MenuButton>
  )
}
