import { useFormatter, useLocale, useTranslations } from 'next-intl'
import type { DiskPartition } from '@/lib/disks/layout'
import { formatBytes } from '@/lib/format'

/** Foreign partition tables, whose partitions are not read. */
const diskLabels: readonly string[] = [
  'apple-map',
  'sun-label',
  'sgi-label',
  'bsd-label',
  'amiga-rdb',
  'atari-ahdi',
  'aix-label',
  'pc98-label',
  'loop-label',
]

/** Contents that are not file systems and hold no files. */
const withoutFiles: readonly string[] = [
  ...diskLabels,
  'swap',
  'lvm',
  'luks',
  'bitlocker',
  'raid',
  'ext-journal',
  'bcache',
  'stratis',
  'vdo',
  'verity',
  'bluestore',
  'oracle-asm',
]

/** Whether the content of a disk is a partition table. */
export function isDiskLabel(kind: string): boolean {
  return diskLabels.includes(kind)
}

/** Whether this kind of content can hold files. */
export function holdsFiles(kind: string): boolean {
  return !withoutFiles.includes(kind)
}

/** The texts for the parts of a disk, for picture and table. */
export function useDiskWords() {
  const t = useTranslations('disk')
  const locale = useLocale()
  const format = useFormatter()
  const size = (bytes: number) => formatBytes(bytes, locale)
  return {
    size,
    /** The name of a partition, else its purpose. */
    name: ({ name, type, number }: DiskPartition) => name || typeOf(t, type) || (number === null ? t('whole') : ''),
    type: ({ type }: DiskPartition) => typeOf(t, type),
    fileSystem: ({ fileSystem }: DiskPartition) =>
      fileSystem ? t('kind', { kind: fileSystem.kind.replaceAll('-', '_'), code: fileSystem.kind }) : t('unknown'),
    used: ({ fileSystem, size: whole }: DiskPartition) => {
      if (fileSystem === null || fileSystem.used === null || whole === 0) return null
      const share = format.number(fileSystem.used / whole, { style: 'percent', maximumFractionDigits: 0 })
      return t('usedShare', { used: size(fileSystem.used), share })
    },
  }
}

// Select keys of messages have no hyphens.
function typeOf(t: ReturnType<typeof useTranslations<'disk'>>, type: string): string {
  return type ? t('type', { type: type.replaceAll('-', '_'), code: type }) : ''
}
