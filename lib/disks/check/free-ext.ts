import { type Blocks, readPadded } from '../guest/blocks'
import { clearBits, type Range } from './clear-bits'

// Field names and offsets: https://docs.kernel.org/filesystems/ext4/

type Shape = {
  blockBytes: number
  first: number
  perGroup: number
  blocks: number
  is64: boolean
  descriptorBytes: number
  groups: number
  /** Blocks at the start of a group that has copies of the super block and the descriptors. */
  copyBlocks: number
  tableBlocks: number
}
type Group = { blockMap: number; inodeMap: number; inodeTable: number; isUnused: boolean }

const has64bit = 0x80
const hasMetaGroups = 0x10
const isMapUnused = 2
/** The groups of a 16 TiB volume with blocks of 4 KiB. */
const groupsMax = 131_072

/** The free blocks of an ext2, ext3 or ext4 file system according to its bitmaps. Null if it is invalid or uses meta block groups. */
export function freeInExt(part: Blocks): Iterable<Range> | null {
  const shape = shapeOf(part)
  return shape && freeBlocks(part, shape)
}

function* freeBlocks(part: Blocks, shape: Shape): Generator<Range> {
  const { blockBytes, first, perGroup, blocks } = shape
  const taken = takenByGroup(part, shape)
  for (let index = 0; index < shape.groups; index += 1) {
    const start = first + index * perGroup
    const { isUnused, blockMap } = groupAt(part, shape, index)
    const map = Buffer.from(isUnused ? Buffer.alloc(blockBytes) : readPadded(part, blockMap * blockBytes, blockBytes))
    // An uninitialised bitmap does not show the blocks of the file system's own metadata in the group.
    if (isUnused) {
      for (let block = 0; block < shape.copyBlocks; block += 1) setBit(map, block)
      for (const block of blocksIn(taken.get(index) ?? [])) setBit(map, block)
    }
    yield* clearBits(map, { count: Math.min(perGroup, blocks - start), at: start * blockBytes, unit: blockBytes })
  }
}

function shapeOf(part: Blocks): Shape | null {
  const superBlock = readPadded(part, 1024, 1024)
  const blockBits = superBlock.readUInt32LE(24)
  const blockBytes = 2 ** (10 + Math.min(blockBits, 6))
  const first = superBlock.readUInt32LE(20)
  const perGroup = superBlock.readUInt32LE(32)
  const incompatible = superBlock.readUInt32LE(96)
  const is64 = (incompatible & has64bit) !== 0
  const blocks = superBlock.readUInt32LE(4) + (is64 ? superBlock.readUInt32LE(336) * 2 ** 32 : 0)
  const descriptorBytes = is64 ? Math.max(64, superBlock.readUInt16LE(254)) : 32
  if ((incompatible & hasMetaGroups) !== 0 || perGroup === 0 || perGroup > blockBytes * 8) return null
  const groups = Math.ceil((blocks - first) / perGroup)
  if (blockBits > 6 || blocks * blockBytes > part.size || groups > groupsMax) return null
  const copyBlocks = 1 + Math.ceil((groups * descriptorBytes) / blockBytes) + superBlock.readUInt16LE(206)
  const inodeBytes = superBlock.readUInt32LE(76) === 0 ? 128 : superBlock.readUInt16LE(88)
  const tableBlocks = Math.min(perGroup, Math.ceil((superBlock.readUInt32LE(40) * inodeBytes) / blockBytes))
  return { blockBytes, first, perGroup, blocks, is64, descriptorBytes, groups, copyBlocks, tableBlocks }
}

function groupAt(part: Blocks, shape: Shape, index: number): Group {
  const { first, blockBytes, descriptorBytes, is64 } = shape
  const descriptor = readPadded(part, (first + 1) * blockBytes + index * descriptorBytes, 64)
  const place = (at: number) => descriptor.readUInt32LE(at) + (is64 ? descriptor.readUInt32LE(at + 32) * 2 ** 32 : 0)
  const isUnused = (descriptor.readUInt16LE(18) & isMapUnused) !== 0
  return { blockMap: place(0), inodeMap: place(4), inodeTable: place(8), isUnused }
}

/**
 * Blocks taken by the bitmaps and inode tables, which may be in another group than their own, by the group that holds them. As ranges,
 * since a descriptor can claim as many blocks as a group has.
 */
function takenByGroup(part: Blocks, shape: Shape): Map<number, Range[]> {
  const { first, perGroup, groups, tableBlocks } = shape
  const taken = new Map<number, Range[]>()
  const unused = Array.from({ length: groups }, (_, index) => groupAt(part, shape, index))
  const take = (block: number, count: number) => {
    for (let start = block - first; start < block - first + count; ) {
      const index = Math.floor(start / perGroup)
      const end = Math.min(block - first + count, (index + 1) * perGroup)
      if (unused[index]?.isUnused) {
        const list = taken.get(index) ?? []
        taken.set(index, list)
        list.push({ start: start - index * perGroup, end: end - index * perGroup })
      }
      start = end
    }
  }
  for (const { blockMap, inodeMap, inodeTable } of unused) {
    take(blockMap, 1)
    take(inodeMap, 1)
    take(inodeTable, tableBlocks)
  }
  return taken
}

/** Each block of some ranges once, even where they overlap. */
function* blocksIn(pieces: readonly Range[]): Generator<number> {
  let next = 0
  for (const { start, end } of pieces.toSorted((one, other) => one.start - other.start)) {
    for (next = Math.max(next, start); next < end; next += 1) yield next
  }
}

function setBit(map: Buffer, bit: number): void {
  map.writeUInt8(map.readUInt8(bit >> 3) | (1 << (bit & 7)), bit >> 3)
}
