/** Where the super block of btrfs stands. */
const btrfsAt = 64 * 1024

// Each answers the bytes that the file system says it has, or null when it is not there. A size that a number cannot hold
// exactly need not be exact: it is larger than any file.
const probes: readonly ((head: Buffer) => number | null)[] = [readExt, readXfs, readNtfs, readFat, readSquashfs]

/** Finds a file system that fills a disk without a partition table: the bytes that it says it has, or null. */
export function findFileSystem(head: Buffer): number | null {
  for (const read of [...probes, readBtrfs]) {
    const bytes = read(head)
    if (bytes) return bytes
  }
  return null
}

/**
 * Whether a file system shows in the first sectors. The mark of btrfs does not count: it stands so far behind that in a file of
 * another format a guest's own btrfs may happen to lie there.
 */
export function hasFileSystem(head: Buffer): boolean {
  return probes.some((read) => read(head))
}

// ext2, ext3 and ext4: super block at 1024, little endian. Its mark is two bytes, so the fields beside it must make sense too.
function readExt(head: Buffer): number | null {
  const block = head.subarray(1024, 2048)
  const blockBits = block.readUInt32LE(24)
  const revision = block.readUInt32LE(76)
  if (block.readUInt16LE(56) !== 0xef53 || blockBits > 6 || revision > 1) return null
  const is64bit = revision === 1 && (block.readUInt32LE(96) & 0x80) !== 0
  const blocks = block.readUInt32LE(4) + (is64bit ? block.readUInt32LE(336) * 2 ** 32 : 0)
  return blocks * 2 ** (10 + blockBits)
}

function readXfs(head: Buffer): number | null {
  const blockBytes = head.readUInt32BE(4)
  if (head.toString('latin1', 0, 4) !== 'XFSB' || blockBytes < 512 || blockBytes > 65536) return null
  return blockBytes * Number(head.readBigUInt64BE(8))
}

function readNtfs(head: Buffer): number | null {
  if (head.toString('latin1', 3, 11) !== 'NTFS    ') return null
  return head.readUInt16LE(11) * Number(head.readBigUInt64LE(40))
}

// FAT has no mark before FAT32. A boot sector that begins with a jump and has a sound parameter block is one.
function readFat(head: Buffer): number | null {
  const hasJump = head[0] === 0xe9 || (head[0] === 0xeb && head[2] === 0x90)
  const sectorBytes = head.readUInt16LE(11)
  const clusterSectors = head.readUInt8(13)
  const fats = head.readUInt8(16)
  const isSound =
    [512, 1024, 2048, 4096].includes(sectorBytes) &&
    clusterSectors > 0 &&
    (clusterSectors & (clusterSectors - 1)) === 0 &&
    head.readUInt16LE(14) > 0 &&
    (fats === 1 || fats === 2) &&
    head.readUInt8(21) >= 0xf0
  if (!hasJump || !isSound) return null
  const sectors = head.readUInt16LE(19) || head.readUInt32LE(32)
  return sectors * sectorBytes
}

function readSquashfs(head: Buffer): number | null {
  if (head.toString('latin1', 0, 4) !== 'hsqs' || head.readUInt16LE(28) !== 4) return null
  return Number(head.readBigUInt64LE(40))
}

// The size is that of this device: a file system over several devices is larger.
function readBtrfs(head: Buffer): number | null {
  if (head.toString('latin1', btrfsAt + 64, btrfsAt + 72) !== '_BHRfS_M') return null
  return Number(head.readBigUInt64LE(btrfsAt + 0xd1))
}
