import { zeroEnded } from '../plain-text'
import { type FoundFileSystem, found, sizeOf, usedBytes, uuidText } from './found'

const superBlockAt = 64 * 1024

/** Btrfs. `used` is of this device: the file system may span several. */
export function findBtrfs(head: Buffer): FoundFileSystem | null {
  const block = head.subarray(superBlockAt, superBlockAt + 4096)
  // Of this device only.
  const size = sizeOf(block.readBigUInt64LE(0xd1), 1)
  if (block.toString('latin1', 64, 72) !== '_BHRfS_M' || size === 0) return null
  return found('btrfs', {
    label: zeroEnded(block.subarray(0x12b, 0x12b + 256)),
    uuid: uuidText(block.subarray(0x20)),
    size,
    used: usedBytes(block.readBigUInt64LE(0x78), 0, 1),
  })
}
