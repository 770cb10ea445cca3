'use client'

import { useTranslations } from 'next-intl'
import { type Column, Table } from '@/components/ui/table'
import type { DiskPartition } from '@/lib/disks/layout'
import type { Segment } from '@/lib/disks/segments'
import { holdsFiles, useDiskWords } from './disk-words'

/** The partitions of a disk as a table; as cards on a phone. */
export function DiskLegend({ segments }: { segments: Segment[] }) {
  const t = useTranslations('disk')
  const { size, used } = useDiskWords()
  const columns: Column<Segment>[] = [
    {
      id: 'partition',
      header: t('partition'),
      cell: ({ partition }) =>
        partition ? <PartitionName partition={partition} /> : <span className="text-ink-muted">{t('free')}</span>,
    },
    {
      id: 'fileSystem',
      header: t('fileSystem'),
      cell: ({ partition }) => (partition ? <FileSystemName partition={partition} /> : '–'),
    },
    { id: 'size', header: t('size'), align: 'right', card: 'half', cell: (segment) => size(segment.size) },
    {
      id: 'used',
      header: t('used'),
      align: 'right',
      card: 'half',
      cell: ({ partition }) => (partition && used(partition)) ?? '–',
    },
  ]
  return (
    <Table caption={t('caption')} columns={columns} rows={rowsOf(segments)} rowKey={({ key }) => key} empty={null} />
  )
}

// Free space is drawn where it is; the table sums it up in one row.
function rowsOf(segments: Segment[]): Segment[] {
  const partitions = segments.filter(({ partition }) => partition !== null)
  const free = segments.filter(({ partition }) => partition === null)
  const size = free.reduce((sum, segment) => sum + segment.size, 0)
  return size > 0 ? [...partitions, { key: 'free', start: 0, size, partition: null }] : partitions
}

function PartitionName({ partition }: { partition: DiskPartition }) {
  const { name, type } = useDiskWords()
  const kind = type(partition)
  return (
    <div className="flex items-baseline gap-3">
      {partition.number !== null && <span className="min-w-6 font-semibold tabular-nums">{partition.number}</span>}
      <span className="min-w-0">
        <span className="block font-medium">{name(partition)}</span>
        {partition.name && kind && <span className="block text-ink-muted text-xs">{kind}</span>}
      </span>
    </div>
  )
}

function FileSystemName({ partition }: { partition: DiskPartition }) {
  const t = useTranslations('disk')
  const { fileSystem: nameOf } = useDiskWords()
  const { fileSystem } = partition
  if (!fileSystem) return <span className="text-ink-muted">{t('unknown')}</span>
  const { kind, label, files, isReadable } = fileSystem
  return (
    <div className="w-max max-w-96 whitespace-normal [overflow-wrap:anywhere] @max-[794px]/table-room:w-auto">
      <span className="block">{label ? t('labelled', { kind: nameOf(partition), label }) : nameOf(partition)}</span>
      {isReadable && files !== null && (
        <span className="block text-ink-muted text-xs">{t('files', { count: files })}</span>
      )}
      {!isReadable && holdsFiles(kind) && <span className="block text-ink-muted text-xs">{t('notReadable')}</span>}
    </div>
  )
}
