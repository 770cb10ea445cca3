import { labelMax } from '../../layout'
import type { Blocks } from '../blocks'
import { plainText } from '../plain-text'

/** A format as 7-Zip calls it. */
export type ArchiveType = 'Ext' | 'FAT' | 'NTFS' | 'SquashFS' | 'Iso'

/** A file of the file system's own with a bit for each of so many clusters: set where the cluster is in use. */
export type Bitmap = { file: string; clusters: number; clusterBytes: number }

/** `size` in bytes, as far as known; `archive` is null where 7-Zip cannot read its files. */
export type FoundFileSystem = {
  kind: string
  label: string
  uuid: string
  size: number | null
  used: number | null
  archive: ArchiveType | null
  bitmap: Bitmap | null
}

/** Looks for one kind of file system. `head` are the first `headBytes` of the part, filled up with zeros. */
export type Probe = (head: Buffer, part: Blocks) => FoundFileSystem | null

/** An answer with all that a kind does not say left empty. */
export function found(kind: string, fields: Partial<FoundFileSystem> = {}): FoundFileSystem {
  const { label = '', uuid = '', size = null, used = null, archive = null, bitmap = null } = fields
  return { kind, label: plainText(label, labelMax), uuid: plainText(uuid, labelMax), size, used, archive, bitmap }
}

/** Bytes in use, from fields that nobody has checked: null where they make no sense. */
export function usedBytes(blocks: bigint | number, free: bigint | number, blockBytes: number): number | null {
  const used = (Number(blocks) - Number(free)) * blockBytes
  return used >= 0 && Number(free) >= 0 && Number.isSafeInteger(used) ? used : null
}

/** What a file system says that it takes, in bytes. One that cannot be exact is larger than any disk. */
export function sizeOf(blocks: bigint | number, blockBytes: number): number {
  return Number(blocks) * blockBytes
}

/** Whether a number is a power of two between two others. */
export function isPower(value: number, min: number, max: number): boolean {
  return value >= min && value <= max && Number.isInteger(Math.log2(value))
}

/** Sixteen bytes as a UUID. */
export function uuidText(bytes: Buffer): string {
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The serial number of a FAT as tools write it. */
export function serialText(serial: number): string {
  return serial
    .toString(16)
    .toUpperCase()
    .padStart(8, '0')
    .replace(/^(.{4})/, '$1-')
}
