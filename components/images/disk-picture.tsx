import { useTranslations } from 'next-intl'
import { Card } from '@/components/ui/card'
import { classNames } from '@/components/ui/class-names'
import { Notice } from '@/components/ui/notice'
import type { DiskLayout, DiskPartition } from '@/lib/disks/layout'
import { type Segment, segmentsOf } from '@/lib/disks/segments'
import { DiskLegend } from './disk-legend'
import { isDiskLabel, useDiskWords } from './disk-words'

/** An image's disk as a bar of its partitions in proportion, with the same as a table below, and what could not be read. */
export function DiskPicture({ layout }: { layout: DiskLayout }) {
  const t = useTranslations('disk')
  const { size } = useDiskWords()
  const { table, partitions, operatingSystem, unread } = layout
  const segments = segmentsOf(layout)
  // If nothing could be read, it is unknown whether the disk has a partition table.
  const isKnown = segments.length > 0 || unread === null
  // A foreign partition table is named in the picture.
  const isOtherTable = partitions.some(({ fileSystem }) => fileSystem !== null && isDiskLabel(fileSystem.kind))
  const line = [
    isKnown && !isOtherTable ? t('table', { table }) : '',
    size(layout.size),
    operatingSystem ? t('guest', { name: operatingSystem }) : '',
  ]
  return (
    <Card title={t('title')} line={line.filter(Boolean).join(' · ')}>
      {segments.length > 0 && <DiskBar layout={layout} segments={segments} />}
      {segments.length > 0 && <DiskLegend segments={segments} />}
      {segments.length === 0 && unread === null && (
        <p className="px-4 py-3 text-ink-muted">{table === 'none' ? t('nothing') : t('noPartitions')}</p>
      )}
      {unread && (
        <div className="px-4 py-3">
          <Notice tone={unread === 'damaged' ? 'warn' : 'info'}>{t('unread', { unread })}</Notice>
        </div>
      )}
    </Card>
  )
}

function DiskBar({ layout, segments }: { layout: DiskLayout; segments: Segment[] }) {
  const t = useTranslations('disk')
  const { size, fileSystem, used } = useDiskWords()
  const describe = ({ partition, size: bytes }: Segment) => {
    if (!partition) return t('pictureFree', { size: size(bytes) })
    const { number } = partition
    const facts = { fileSystem: fileSystem(partition), size: size(bytes) }
    const part = number === null ? t('pictureWhole', facts) : t('picturePart', { ...facts, number })
    const inUse = used(partition)
    return inUse ? t('pictureUsed', { part, used: inUse }) : part
  }
  const label = t('picture', { size: size(layout.size), parts: segments.map(describe).join(t('pictureBetween')) })
  // A partition is at least as wide as its number; very many share the width.
  const widthMin = `min(28px, calc(${90 / segments.length}% - 1px))`
  return (
    <div className="px-4 pt-4 pb-2">
      <div role="img" aria-label={label} className="flex h-14 w-full gap-px overflow-hidden">
        {segments.map((segment) => (
          <div
            key={segment.key}
            className="@container min-w-0 overflow-hidden rounded-sm"
            style={{ flex: `${segment.size} 1 0`, minWidth: segment.partition ? widthMin : `min(6px, ${widthMin})` }}
          >
            {segment.partition ? <Part partition={segment.partition} /> : <Free />}
          </div>
        ))}
      </div>
    </div>
  )
}

function Part({ partition }: { partition: DiskPartition }) {
  const { name, fileSystem } = useDiskWords()
  const { number, size } = partition
  const share = size > 0 ? Math.min(1, (partition.fileSystem?.used ?? 0) / size) : 0
  const isKnown = partition.fileSystem !== null
  return (
    <div
      className={classNames(
        'relative flex h-full flex-col overflow-hidden rounded-sm border',
        isKnown ? 'border-accent bg-surface-raised' : 'border-line-strong bg-surface-muted',
      )}
    >
      <span
        className="absolute inset-y-0 left-0 border-accent border-b-4 bg-accent-soft"
        style={{ width: `${share * 100}%` }}
      />
      <span className="relative flex min-w-0 items-baseline justify-center gap-1.5 px-1 pt-1.5 @min-[96px]:justify-start @min-[96px]:px-2">
        {number !== null && <b className="font-semibold text-sm tabular-nums">{number}</b>}
        <span className="hidden truncate text-sm @min-[96px]:inline">{name(partition)}</span>
      </span>
      <span className="relative hidden truncate px-2 text-ink-muted text-xs @min-[96px]:block">
        {fileSystem(partition)}
      </span>
    </div>
  )
}

// Hatched, so that free space differs from partitions by more than colour.
function Free() {
  return <div className="disk-free h-full rounded-sm border border-line-strong border-dashed" />
}
