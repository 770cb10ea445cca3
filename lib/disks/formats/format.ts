import { type Blocks, makeBlocks, readPadded } from '../guest/blocks'
import { otherPlaces, headBytes as probedBytes } from '../guest/file-systems/probe'
import type { ByteReader } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'

/** Up to here reach the marks and the headers of all formats. */
export const headBytes = 68 * 1024
/** A footer of VHD, VMDK or DMG takes at most three sectors. */
export const tailBytes = 3 * 512

/**
 * Both ends of a file, enough to tell what it is. `head` begins where the file begins, `tail` ends where it ends. Both have
 * their full length whatever the file's size, filled up with zeros, so that a mark can be looked for without minding bounds.
 * `disk` is the file as the raw bytes of a disk: what was read of it, which is more where it may be raw, and zeros elsewhere.
 */
export type Edges = { head: Buffer; tail: Buffer; size: number; disk: Blocks }

/** What the cloud accepts. */
export type DiskLimits = { virtualSizeMax: number }

/**
 * `virtualSize` is what a guest sees, in bytes; `allocatedBytes` what the tables allocate, if that can exceed the
 * file.
 */
export type FormatVerdict = { ok: true; virtualSize: number; allocatedBytes?: number } | DiskRefusal

/** One format of disks. A further one is a file with such an object and a line in the registry. */
export interface DiskFormat {
  readonly id: string
  /** Whether the file has this format's mark. No other check: a file with two marks is refused before any is looked into. */
  matches(edges: Edges): boolean
  /** Whether such a file also looks like a raw disk by design: a disc that boots from a stick, a VHD with a footer. */
  isOverRaw?(edges: Edges): boolean
  /** Looks into a file that is not empty. Content never makes it throw, and its work is bounded whatever the file says. */
  inspect(reader: ByteReader, edges: Edges, limits: DiskLimits): Promise<FormatVerdict>
}

/** Reads both ends of a file. */
export async function readEdges(reader: ByteReader): Promise<Edges> {
  const { size } = reader
  const places = [
    { at: 0, length: headBytes },
    { at: Math.max(0, size - tailBytes), length: tailBytes },
  ]
  const disk = await readPlaces(reader, places)
  const head = readPadded(disk, 0, headBytes)
  const tail = Buffer.alloc(tailBytes)
  disk.read(Math.max(0, size - tailBytes), tailBytes).copy(tail, tailBytes - Math.min(tailBytes, size))
  return { head, tail, size, disk }
}

/** Reads all that the list of file systems looks at, for a file that nothing else than raw may fit. */
export async function readDisk(reader: ByteReader): Promise<Blocks> {
  const { anchors, anchorBytes, endBytes } = otherPlaces
  const end = { at: Math.max(0, reader.size - endBytes), length: endBytes }
  return await readPlaces(reader, [
    { at: 0, length: probedBytes },
    ...anchors.map((at) => ({ at, length: anchorBytes })),
    end,
  ])
}

async function readPlaces(reader: ByteReader, places: readonly { at: number; length: number }[]): Promise<Blocks> {
  const { size } = reader
  const inside = places.filter(({ at }) => at < size)
  const pieces = await Promise.all(
    inside.map(async ({ at, length }) => ({ at, bytes: await reader.read(at, Math.min(length, size - at)) })),
  )
  return makeBlocks(size, (into, offset) => {
    into.fill(0)
    for (const { at, bytes } of pieces) {
      if (at + bytes.length > offset && at < offset + into.length)
        bytes.copy(into, Math.max(0, at - offset), Math.max(0, offset - at))
    }
    return into.length
  })
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
