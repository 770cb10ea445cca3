import { zeroEnded } from '../plain-text'
import { type FoundFileSystem, found, sizeOf, usedBytes, uuidText } from './found'

const superBlockAt = 1024
const hasJournal = 0x4
const journalDevice = 0x8
const is64bit = 0x80
/** Extents, 64-bit block numbers, flexible groups and later features, which only ext4 has. */
const ext4Features = {
  incompatible: 0x40 | 0x80 | 0x200 | 0x400 | 0x8000 | 0x10000 | 0x20000,
  readOnly: 0x8 | 0x10 | 0x20 | 0x40 | 0x200 | 0x400,
}
/** Features that 7-Zip does not support: file data inside inodes, and bitmaps of clusters instead of blocks. */
const inlineData = 0x8000
const bigalloc = 0x200

/** ext2, ext3 and ext4, told apart by the features in the super block. */
export function findExt(head: Buffer): FoundFileSystem | null {
  const block = head.subarray(superBlockAt, superBlockAt + 1024)
  const blockBits = block.readUInt32LE(24)
  const revision = block.readUInt32LE(76)
  if (block.readUInt16LE(56) !== 0xef53 || blockBits > 6 || revision > 1) return null
  const compatible = block.readUInt32LE(92)
  const incompatible = block.readUInt32LE(96)
  const readOnly = block.readUInt32LE(100)
  const label = zeroEnded(block.subarray(120, 136))
  const uuid = uuidText(block.subarray(104))
  const isExt4 = incompatible & ext4Features.incompatible || readOnly & ext4Features.readOnly
  const high = incompatible & is64bit ? 2 ** 32 : 0
  const blocks = block.readUInt32LE(4) + block.readUInt32LE(336) * high
  if (blocks === 0) return null
  const size = sizeOf(blocks, 2 ** (10 + blockBits))
  if (incompatible & journalDevice) return found('ext-journal', { label, uuid, size })
  const free = block.readUInt32LE(12) + block.readUInt32LE(344) * high
  return found(isExt4 ? 'ext4' : compatible & hasJournal ? 'ext3' : 'ext2', {
    label,
    uuid,
    size,
    used: usedBytes(blocks, free, 2 ** (10 + blockBits)),
    archive: incompatible & inlineData || readOnly & bigalloc ? null : 'Ext',
  })
}
