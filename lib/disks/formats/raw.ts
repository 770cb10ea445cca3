import type { ByteReader } from '../reader'
import { refuseDisk } from '../reasons'
import { findFileSystem, hasFileSystem } from './file-systems'
import { type DiskFormat, type DiskLimits, type Edges, type FormatVerdict, refuseVirtualSize } from './format'
import { hasBootMark, hasGpt, hasMbr, refusePartitions } from './partitions'

const sectorBytes = 512

/**
 * A disk byte by byte. Raw has no mark and anything could be called raw, so it is accepted only with a partition table or a
 * file system that a guest could use.
 */
export const raw = {
  id: 'raw',
  matches: ({ head }: Edges) => hasGpt(head) || hasMbr(head) || hasFileSystem(head),
  inspect: async (reader: ByteReader, { head, size }: Edges, limits: DiskLimits): Promise<FormatVerdict> => {
    const refusal = refuseVirtualSize(BigInt(size), limits)
    if (refusal) return refusal
    // A guest sees whole sectors.
    const accepted = { ok: true as const, virtualSize: Math.ceil(size / sectorBytes) * sectorBytes }
    // A boot sector of a file system ends like an MBR, but has code or text where the MBR has partitions. So a table that
    // makes sense comes first, then the file system, and last what is wrong with the table.
    if (hasGpt(head) || hasMbr(head)) return (await refusePartitions(reader, head)) ?? accepted
    const fileSystemBytes = findFileSystem(head)
    if (fileSystemBytes !== null) return fileSystemBytes > size ? refuseDisk('truncated') : accepted
    if (hasBootMark(head)) return (await refusePartitions(reader, head)) ?? accepted
    return refuseDisk('not-a-disk', { found: whatElse(head.subarray(0, Math.min(size, head.length))) })
  },
} as const satisfies DiskFormat

// People upload the page that told them to sign in, or a checksum file. The sentence can say so.
function whatElse(bytes: Buffer): string {
  if (bytes.every((byte) => byte === 0)) return 'zeros'
  const text = bytes.subarray(0, 1024).toString('latin1')
  if (/^\s*(<!doctype html|<html)/i.test(text)) return 'html'
  return /^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(text) ? 'text' : 'unknown'
}
