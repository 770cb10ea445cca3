import { type FoundFileSystem, found, sizeOf } from './found'

/** NTFS. Its label and its bitmap are files, which 7-Zip reads. */
export function findNtfs(head: Buffer): FoundFileSystem | null {
  const sectorBytes = head.readUInt16LE(11)
  const size = sizeOf(head.readBigUInt64LE(40), sectorBytes)
  if (head.toString('latin1', 3, 11) !== 'NTFS    ' || size === 0) return null
  const perCluster = head.readUInt8(13)
  // Above 128 the field is the negated exponent of two.
  const clusterBytes = sectorBytes * (perCluster > 128 ? 2 ** (256 - perCluster) : perCluster)
  const clusters = Math.floor((Number(head.readBigUInt64LE(40)) * sectorBytes) / clusterBytes)
  return found('ntfs', {
    uuid: head.readBigUInt64LE(72).toString(16).toUpperCase().padStart(16, '0'),
    size,
    archive: 'NTFS',
    bitmap: Number.isSafeInteger(clusters) ? { file: '[SYSTEM]/$Bitmap', clusters, clusterBytes } : null,
  })
}
