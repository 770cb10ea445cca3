import { type Blocks, readPadded } from '../blocks'
import { zeroEnded } from '../plain-text'
import { type FoundFileSystem, found, sizeOf, uuidText } from './found'

const pageSizes = [4096, 8192, 16384, 65536] as const

/** Signatures of swap space, and of one that holds a hibernated system. */
const swapMarks: readonly string[] = ['SWAPSPACE2', 'S1SUSPEND', 'S2SUSPEND', 'ULSUSPEND']

/** Swap space. Its signature is at the end of the first page; the page size depends on the machine. */
export function findSwap(head: Buffer): FoundFileSystem | null {
  const pageBytes = pageSizes.find((bytes) => swapMarks.includes(zeroEnded(head.subarray(bytes - 10, bytes))))
  if (!pageBytes || head.readUInt32LE(1024) !== 1) return null
  return found('swap', {
    uuid: uuidText(head.subarray(1036)),
    label: zeroEnded(head.subarray(1052, 1068)),
    size: sizeOf(head.readUInt32LE(1028) + 1, pageBytes),
  })
}

/** An LVM physical volume. Its label is in one of the first four sectors. */
export function findLvm(head: Buffer): FoundFileSystem | null {
  for (let at = 0; at < 4 * 512; at += 512) {
    const isLabel = head.toString('latin1', at, at + 8) === 'LABELONE'
    if (!isLabel || head.toString('latin1', at + 24, at + 32) !== 'LVM2 001') continue
    // The label says which sector it is in, and where in it the volume is described.
    const describedAt = at + head.readUInt32LE(at + 20)
    if (head.readBigUInt64LE(at + 8) !== BigInt(at / 512) || describedAt + 40 > at + 512) continue
    const uuid = head.toString('latin1', describedAt, describedAt + 32)
    return found('lvm', {
      uuid: uuid.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, '$1-$2-$3-$4-$5-$6-$7'),
      size: sizeOf(head.readBigUInt64LE(describedAt + 32), 1),
    })
  }
  return null
}

/** LUKS, versions 1 and 2; the second has a label. */
export function findLuks(head: Buffer): FoundFileSystem | null {
  if (head.toString('latin1', 0, 6) !== 'LUKS\xba\xbe') return null
  const label = head.readUInt16BE(6) === 2 ? zeroEnded(head.subarray(24, 72)) : ''
  return found('luks', { label, uuid: zeroEnded(head.subarray(168, 208)) })
}

/** A member of a Linux software RAID with its superblock at the start. */
export function findRaid(head: Buffer): FoundFileSystem | null {
  const at = [0, 4096].find((place) => head.readUInt32LE(place) === 0xa92b4efc && head.readUInt32LE(place + 4) === 1)
  if (at === undefined) return null
  return found('raid', { uuid: uuidText(head.subarray(at + 16)), label: zeroEnded(head.subarray(at + 32, at + 64)) })
}

/** A member of a Linux software RAID with its superblock at the end, where the start belongs to the content. */
export function findRaidAtEnd(_head: Buffer, part: Blocks): FoundFileSystem | null {
  const sectors = Math.floor(part.size / 512)
  const version1 = readPadded(part, Math.max(0, sectors - 16 - (sectors % 8)) * 512, 64)
  if (version1.readUInt32LE(0) === 0xa92b4efc && version1.readUInt32LE(4) === 1)
    return found('raid', { uuid: uuidText(version1.subarray(16)), label: zeroEnded(version1.subarray(32, 64)) })
  const version0 = readPadded(part, Math.max(0, Math.floor(part.size / 65536) - 1) * 65536, 64)
  const isVersion0 = version0.readUInt32LE(0) === 0xa92b4efc && version0.readUInt32LE(4) === 0
  return isVersion0 && version0.readUInt32LE(8) === 90 ? found('raid') : null
}

/** A member of a ZFS pool, recognised by any of the 128 uberblocks in its first label. */
export function findZfs(_head: Buffer, part: Blocks): FoundFileSystem | null {
  const states = readPadded(part, 128 * 1024, 128 * 1024)
  for (let at = 0; at < states.length; at += 1024) {
    const state = states.subarray(at, at + 8)
    if (state.readBigUInt64LE() === 0x00bab10cn || state.readBigUInt64BE() === 0x00bab10cn) return found('zfs')
  }
  return null
}
