import { zeroEnded } from '../plain-text'
import { type FoundFileSystem, found, isPower, sizeOf, usedBytes, uuidText } from './found'

/** XFS. Its super block is the first sector, big endian. */
export function findXfs(head: Buffer): FoundFileSystem | null {
  const blockBytes = head.readUInt32BE(4)
  const size = sizeOf(head.readBigUInt64BE(8), blockBytes)
  if (head.toString('latin1', 0, 4) !== 'XFSB' || !isPower(blockBytes, 512, 65536) || size === 0) return null
  return found('xfs', {
    label: zeroEnded(head.subarray(108, 120)),
    uuid: uuidText(head.subarray(32)),
    size,
    used: usedBytes(head.readBigUInt64BE(8), head.readBigUInt64BE(144), blockBytes),
  })
}
