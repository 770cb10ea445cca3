import { type Blocks, readPadded } from '../blocks'
import { zeroEnded } from '../plain-text'
import { type FoundFileSystem, found, uuidText } from './found'

const pageSizes = [4096, 8192, 16384, 65536] as const

/** Swap space, whose mark ends its first page; how long a page is depends on the machine. */
export function findSwap(head: Buffer): FoundFileSystem | null {
  const hasMark = pageSizes.some((bytes) => head.toString('latin1', bytes - 10, bytes) === 'SWAPSPACE2')
  if (!hasMark) return null
  return found('swap', { uuid: uuidText(head.subarray(1036)), label: zeroEnded(head.subarray(1052, 1068)) })
}

/** A physical volume of LVM: its label is one of the first four sectors. */
export function findLvm(head: Buffer): FoundFileSystem | null {
  for (let at = 0; at < 4 * 512; at += 512) {
    const isLabel = head.toString('latin1', at, at + 8) === 'LABELONE'
    if (!isLabel || head.toString('latin1', at + 24, at + 32) !== 'LVM2 001') continue
    const uuid = head.toString('latin1', at + head.readUInt32LE(at + 20), at + head.readUInt32LE(at + 20) + 32)
    return found('lvm', { uuid: uuid.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, '$1-$2-$3-$4-$5-$6-$7') })
  }
  return null
}

/** LUKS, versions 1 and 2; the second has a label. */
export function findLuks(head: Buffer): FoundFileSystem | null {
  if (head.toString('latin1', 0, 6) !== 'LUKS\xba\xbe') return null
  const label = head.readUInt16BE(6) === 2 ? zeroEnded(head.subarray(24, 72)) : ''
  return found('luks', { label, uuid: zeroEnded(head.subarray(168, 208)) })
}

/** A member of a Linux software RAID, where its description stands at the front. */
export function findRaid(head: Buffer): FoundFileSystem | null {
  const at = [0, 4096].find((place) => head.readUInt32LE(place) === 0xa92b4efc && head.readUInt32LE(place + 4) === 1)
  if (at === undefined) return null
  return found('raid', { uuid: uuidText(head.subarray(at + 16)), label: zeroEnded(head.subarray(at + 32, at + 64)) })
}

/** A member of a ZFS pool, by the mark of any of the 128 states that its first label keeps. */
export function findZfs(_head: Buffer, part: Blocks): FoundFileSystem | null {
  const states = readPadded(part, 128 * 1024, 128 * 1024)
  for (let at = 0; at < states.length; at += 1024) {
    const state = states.subarray(at, at + 8)
    if (state.readBigUInt64LE() === 0x00bab10cn || state.readBigUInt64BE() === 0x00bab10cn) return found('zfs')
  }
  return null
}
