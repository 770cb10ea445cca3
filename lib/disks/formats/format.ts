import type { ByteReader } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'

/** Up to here reach the marks of all known formats: the last is that of btrfs, behind its first 64 KiB. */
export const headBytes = 68 * 1024
/** A footer of VHD, VMDK or DMG takes at most three sectors. */
export const tailBytes = 3 * 512

/**
 * Both ends of a file, enough to tell what it is. `head` begins where the file begins, `tail` ends where it ends. Both have
 * their full length whatever the file's size, filled up with zeros, so that a mark can be looked for without minding bounds.
 */
export type Edges = { head: Buffer; tail: Buffer; size: number }

/** What the cloud accepts. */
export type DiskLimits = { virtualSizeMax: number }

/** A format's answer. The virtual size is what a guest sees, in bytes. */
export type FormatVerdict = { ok: true; virtualSize: number } | DiskRefusal

/** One format of disks. A further one is a file with such an object and a line in the registry. */
export interface DiskFormat {
  readonly id: string
  /** Whether the file has this format's mark. No other check: a file with two marks is refused before any is looked into. */
  matches(edges: Edges): boolean
  /**
   * Whether a file of this format looks like a raw disk as well by design: an ISO that also boots from a stick, a VHD that is a
   * raw disk with a footer. Then raw is no second format.
   */
  isOverRaw?(edges: Edges): boolean
  /** Looks into a file that is not empty. Content never makes it throw, and its work is bounded whatever the file says. */
  inspect(reader: ByteReader, edges: Edges, limits: DiskLimits): Promise<FormatVerdict>
}

/** Reads both ends of a file. */
export async function readEdges(reader: ByteReader): Promise<Edges> {
  const { size } = reader
  const [first, last] = await Promise.all([
    reader.read(0, Math.min(headBytes, size)),
    reader.read(Math.max(0, size - tailBytes), Math.min(tailBytes, size)),
  ])
  const head = Buffer.alloc(headBytes)
  const tail = Buffer.alloc(tailBytes)
  first.copy(head)
  last.copy(tail, tailBytes - last.length)
  return { head, tail, size }
}

/** A 64-bit field as a number, or null when a number cannot hold it exactly; such a place or size is never honest. */
export function exactNumber(field: bigint): number | null {
  return field <= Number.MAX_SAFE_INTEGER ? Number(field) : null
}

/** Whether a disk has a size that the cloud accepts: null, or the refusal. */
export function refuseVirtualSize(field: bigint, limits: DiskLimits): DiskRefusal | null {
  if (field === 0n) return refuseDisk('empty')
  if (field <= limits.virtualSizeMax) return null
  return refuseDisk('virtual-size-too-large', { sizeGib: gib(Number(field)), sizeMaxGib: gib(limits.virtualSizeMax) })
}

function gib(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 3)
}
