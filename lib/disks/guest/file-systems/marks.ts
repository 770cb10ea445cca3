import { type FoundFileSystem, found, isPower, sizeOf } from './found'

/**
 * A file system that is recognised by its signature alone. A short signature also needs valid fields: `size` returns the size that the
 * file system states, read relative to the signature, and 0 if the fields are invalid.
 */
type Mark = {
  kind: string
  at: readonly number[]
  bytes: Buffer
  size?: (head: Buffer, at: number) => number
}

/** Signatures at or behind this offset belong to the volume descriptors of a disc or later. */
const discAt = 32 * 1024

const marks: readonly Mark[] = [
  { kind: 'bitlocker', at: [3], bytes: text('-FVE-FS-') },
  {
    kind: 'refs',
    at: [3],
    bytes: text('ReFS\0\0\0\0'),
    size: (head, at) => sizeOf(head.readBigUInt64LE(at + 21), head.readUInt32LE(at + 29)),
  },
  {
    kind: 'apfs',
    at: [32],
    bytes: text('NXSB'),
    size: (head, at) => sized(head.readBigUInt64LE(at + 8), head.readUInt32LE(at + 4), 65536),
  },
  {
    kind: 'f2fs',
    at: [1024],
    bytes: hex('1020f5f2'),
    size: (head, at) => sized(head.readBigUInt64LE(at + 36), 2 ** head.readUInt32LE(at + 16), 65536),
  },
  {
    kind: 'erofs',
    at: [1024],
    bytes: hex('e2e1f5e0'),
    size: (head, at) => sized(head.readUInt32LE(at + 36), 2 ** head.readUInt8(at + 12), 65536),
  },
  {
    kind: 'nilfs2',
    // The signature follows the revision level, which is always 2, and precedes the length of the super block.
    at: [1030],
    bytes: hex('3434'),
    size: (head, at) =>
      head.readUInt32LE(at - 6) === 2 && head.readUInt16LE(at + 2) <= 1024
        ? sizeOf(head.readBigUInt64LE(at + 26), 1)
        : 0,
  },
  { kind: 'ocfs2', at: [1024, 2048, 4096, 8192], bytes: text('OCFSV2\0\0') },
  {
    kind: 'cramfs',
    at: [0, 512],
    bytes: hex('453dcd28'),
    size: (head, at) => cramfsBytes(head, at, head.readUInt32LE(at + 4)),
  },
  {
    kind: 'cramfs',
    at: [0, 512],
    bytes: hex('28cd3d45'),
    size: (head, at) => cramfsBytes(head, at, head.readUInt32BE(at + 4)),
  },
  { kind: 'romfs', at: [0], bytes: text('-rom1fs-'), size: (head, at) => head.readUInt32BE(at + 8) },
  {
    kind: 'bfs',
    at: [0],
    bytes: hex('cefaad1b'),
    size: (head, at) => (head.readUInt32LE(at + 4) >= 512 ? head.readUInt32LE(at + 8) + 1 : 0),
  },
  { kind: 'befs', at: [544], bytes: text('1SFB') },
  { kind: 'hpfs', at: [8192], bytes: hex('49e895f9c5e953fa') },
  { kind: 'vxfs', at: [1024], bytes: hex('f5fc01a5') },
  { kind: 'bcache', at: [4120], bytes: hex('c68573f64e1a45ca8265f57f48ba6d81') },
  { kind: 'bcachefs', at: [4120], bytes: hex('c68573f666ce90a9d96a60cf803df7ef') },
  { kind: 'stratis', at: [512, 4608], bytes: text('!Stra0tis\x86\xff\x02^\x41rh') },
  { kind: 'vdo', at: [0], bytes: text('dmvdo001') },
  { kind: 'verity', at: [0], bytes: text('verity\0\0') },
  { kind: 'bluestore', at: [0], bytes: text('bluestore block device\n') },
  { kind: 'oracle-asm', at: [32], bytes: text('ORCLDISK') },
  {
    kind: 'hfsplus',
    at: [1024],
    bytes: text('H+'),
    size: (head, at) => sized(head.readUInt32BE(at + 44), head.readUInt32BE(at + 40), 2 ** 20),
  },
  {
    kind: 'hfsplus',
    at: [1024],
    bytes: text('HX'),
    size: (head, at) => sized(head.readUInt32BE(at + 44), head.readUInt32BE(at + 40), 2 ** 20),
  },
  {
    kind: 'hfs',
    at: [1024],
    bytes: text('BD'),
    size: (head, at) =>
      head.readUInt32BE(at + 20) % 512 === 0 ? sizeOf(head.readUInt16BE(at + 18), head.readUInt32BE(at + 20)) : 0,
  },
  {
    kind: 'jfs',
    at: [discAt],
    bytes: text('JFS1'),
    size: (head, at) => sized(head.readBigUInt64LE(at + 8), head.readUInt32LE(at + 24), 65536),
  },
  ...['ReIsErFs', 'ReIsEr2Fs', 'ReIsEr3Fs'].map((mark) => ({
    kind: 'reiserfs',
    at: [8192 + 52, 65536 + 52],
    bytes: text(mark),
    size: (head: Buffer, at: number) => sized(head.readUInt32LE(at - 52), head.readUInt16LE(at - 8), 65536),
  })),
  { kind: 'reiser4', at: [65536], bytes: text('ReIsEr4') },
  { kind: 'gfs2', at: [65536], bytes: hex('0116197000000001') },
  ...[...minix(16, ['7f13', '8f13'], 2), ...minix(16, ['6824', '7824'], 20), ...minix(24, ['5a4d'], 20)],
  ...['54190100', '19015419', '00011954', '19540119'].map((mark) => ({
    kind: 'ufs',
    at: [1372, 8192 + 1372, 65536 + 1372, 262144 + 1372],
    bytes: hex(mark),
  })),
]

/** May overlay a disc by design, so the disc is checked first. */
const besideDiscs: readonly string[] = ['hfs', 'hfsplus']
const isLate = (kind: string, at: number) => at >= discAt || besideDiscs.includes(kind)

/** Recognises signatures before the start of a disc's descriptors. */
export function findEarlyMark(head: Buffer): FoundFileSystem | null {
  return findMark(head, (kind, at) => !isLate(kind, at))
}

/** Recognises the other signatures. */
export function findLateMark(head: Buffer): FoundFileSystem | null {
  return findMark(head, isLate)
}

function findMark(head: Buffer, isWanted: (kind: string, at: number) => boolean): FoundFileSystem | null {
  for (const { kind, at: places, bytes, size } of marks) {
    for (const at of places) {
      if (!isWanted(kind, at) || !head.subarray(at, at + bytes.length).equals(bytes)) continue
      const taken = size?.(head, at)
      if (taken !== 0) return found(kind, { size: taken ?? null })
    }
  }
  return null
}

function sized(blocks: bigint | number, blockBytes: number, blockBytesMax: number): number {
  return isPower(blockBytes, 512, blockBytesMax) ? sizeOf(blocks, blockBytes) : 0
}

function cramfsBytes(head: Buffer, at: number, size: number): number {
  return head.toString('latin1', at + 16, at + 32) === 'Compressed ROMFS' ? at + size : 0
}

// Minix: two bitmaps, the inodes, then zones of a KiB, in the numbers that the super block states.
function minix(markAt: number, magics: readonly string[], zonesAt: 2 | 20): Mark[] {
  const isThird = markAt === 24
  const size = (head: Buffer, at: number) => {
    const block = head.subarray(at - markAt, at - markAt + 32)
    const [inodes, maps, first, log] = isThird
      ? [block.readUInt32LE(0), 6, 10, block.readUInt16LE(12)]
      : [block.readUInt16LE(0), 4, 8, block.readUInt16LE(10)]
    const [inodeMap, zoneMap] = [block.readUInt16LE(maps), block.readUInt16LE(maps + 2)]
    const zones = zonesAt === 2 ? block.readUInt16LE(2) : block.readUInt32LE(20)
    const blockBytes = isThird ? block.readUInt16LE(28) : 1024
    const isSound = inodes > 0 && inodeMap > 0 && zoneMap > 0 && log === 0 && zones > 0
    return isSound && block.readUInt16LE(first) > 2 + inodeMap + zoneMap ? sized(zones, blockBytes, 65536) : 0
  }
  return magics.map((magic) => ({ kind: 'minix', at: [1024 + markAt], bytes: hex(magic), size }))
}

function text(mark: string): Buffer {
  return Buffer.from(mark, 'latin1')
}

function hex(mark: string): Buffer {
  return Buffer.from(mark, 'hex')
}
