import { useTranslations } from 'next-intl'
import { classNames } from '@/components/ui/class-names'
import type { CheckReportPage, CheckedDisk as Disk } from '@/lib/checks/schema'

type CheckedDiskProps = { disk: Disk; layout: CheckReportPage['layout']; found: CheckReportPage['found'] }

/** The disk's partitions in proportion, with the number of findings in each. Unread partitions are hatched. */
export function CheckedDisk({ disk, layout, found }: CheckedDiskProps) {
  const t = useTranslations('check')
  const foundIn = (index: number) => found.find(({ partition }) => partition === index)
  return (
    <ol aria-label={t('picture')} className="flex flex-col gap-2 px-4 pt-4 md:flex-row md:gap-px">
      {disk.partitions.map((partition) => {
        const { index, fileSystem, files, readable, reason } = partition
        const size = layout.find((part) => part.index === index)?.size ?? 1
        const { grave = 0, all = 0 } = foundIn(index) ?? {}
        return (
          <li
            key={index}
            style={{ flex: `${size} 1 0` }}
            className={classNames(
              'min-w-0 rounded-sm border px-2 py-1.5 text-xs md:min-w-40',
              readable ? 'bg-surface-raised' : 'disk-free border-dashed',
              grave > 0 ? 'border-danger' : all > 0 ? 'border-warn' : 'border-line-strong',
            )}
          >
            <p className="truncate font-medium text-sm">
              {t('partition', { number: index + 1 })} {fileSystem && <span className="font-normal">{fileSystem}</span>}
            </p>
            <p className="text-ink-muted">
              {readable ? t('partitionFiles', { files }) : t('partitionUnread', { reason: reason ?? 'other' })}
            </p>
            <p className={grave > 0 ? 'font-medium text-danger' : 'text-ink-muted'}>
              {t('partitionFound', { found: all })}
            </p>
          </li>
        )
      })}
    </ol>
  )
}
