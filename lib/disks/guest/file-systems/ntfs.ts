import { type FoundFileSystem, found } from './found'

/** NTFS. Its label and what is used stand in files of its own, which 7-Zip reads. */
export function findNtfs(head: Buffer): FoundFileSystem | null {
  if (head.toString('latin1', 3, 11) !== 'NTFS    ') return null
  const uuid = head.readBigUInt64LE(72).toString(16).toUpperCase().padStart(16, '0')
  return found('ntfs', { uuid, archive: 'NTFS' })
}
