import { labelMax } from '../../layout'
import type { Blocks } from '../blocks'
import { plainText } from '../plain-text'

/** A format's name for 7-Zip's `-t`. */
export type ArchiveType = 'Ext' | 'FAT' | 'NTFS' | 'SquashFS' | 'Iso'

/** A file with a bit for each cluster, set if the cluster is in use. */
export type Bitmap = { file: string; clusters: number; clusterBytes: number }

/** `size` in bytes, if known; `archive` is null if 7-Zip cannot read the files. */
export type FoundFileSystem = {
  kind: string
  label: string
  uuid: string
  size: number | null
  used: number | null
  archive: ArchiveType | null
  bitmap: Bitmap | null
}

/** Recognises one kind of file system. `head` is the first `headBytes` of the partition, padded with zeros. */
export type Probe = (head: Buffer, part: Blocks) => FoundFileSystem | null

/** Builds a result; missing fields are empty. */
export function found(kind: string, fields: Partial<FoundFileSystem> = {}): FoundFileSystem {
  const { label = '', uuid = '', size = null, used = null, archive = null, bitmap = null } = fields
  return { kind, label: plainText(label, labelMax), uuid: plainText(uuid, labelMax), size, used, archive, bitmap }
}

/** Bytes in use from unvalidated fields; null if they are invalid. */
export function usedBytes(blocks: bigint | number, free: bigint | number, blockBytes: number): number | null {
  const used = (Number(blocks) - Number(free)) * blockBytes
  return used >= 0 && Number(free) >= 0 && Number.isSafeInteger(used) ? used : null
}

/** The size that a file system states, in bytes. An inexact result is larger than any disk. */
export function sizeOf(blocks: bigint | number, blockBytes: number): number {
  return Number(blocks) * blockBytes
}

/** Whether `value` is a power of two between `min` and `max`. */
export function isPower(value: number, min: number, max: number): boolean {
  return value >= min && value <= max && Number.isInteger(Math.log2(value))
}

/** Formats sixteen bytes as a UUID. */
export function uuidText(bytes: Buffer): string {
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Formats the serial number of a FAT as tools do. */
export function serialText(serial: number): string {
  return serial
    .toString(16)
    .toUpperCase()
    .padStart(8, '0')
    .replace(/^(.{4})/, '$1-')
}
