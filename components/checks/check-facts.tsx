import { useFormatter, useLocale, useTranslations } from 'next-intl'
import { DefinitionList } from '@/components/ui/definition-list'
import type { CheckedDisk, CheckSummary } from '@/lib/checks/schema'
import { formatBytes } from '@/lib/format'

/** The scope of a check: what was read, by which version of the rules, and what could not be read. */
export function CheckFacts({ check, disk }: { check: CheckSummary; disk: CheckedDisk }) {
  const t = useTranslations('check')
  const format = useFormatter()
  const locale = useLocale()
  const number = (value: number) => format.number(value)
  const at = check.checkedAt && format.dateTime(new Date(check.checkedAt), { dateStyle: 'medium', timeStyle: 'short' })
  return (
    <DefinitionList
      items={[
        { term: t('facts.checked'), value: at },
        { term: t('facts.rules'), value: check.rulesVersion ?? '–' },
        { term: t('facts.files'), value: number(disk.files) },
        { term: t('facts.bytes'), value: formatBytes(disk.bytes, locale) },
        { term: t('facts.seconds'), value: t('facts.secondsValue', { seconds: disk.seconds }) },
        { term: t('facts.deep'), value: check.isDeep ? t('facts.deepYes') : t('facts.deepNo') },
        { term: t('facts.byPath'), value: t('facts.byPathValue', { files: disk.filesByPathOnly }) },
        { term: t('facts.notRead'), value: number(disk.filesNotRead) },
      ]}
    />
  )
}
