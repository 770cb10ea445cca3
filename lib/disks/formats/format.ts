import { type Blocks, makeBlocks, readPadded } from '../guest/blocks'
import { otherPlaces, headBytes as probedBytes } from '../guest/file-systems/probe'
import type { ByteReader } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'

/** The marks and headers of all formats lie within this many bytes. */
export const headBytes = 68 * 1024
/** A footer of VHD, VMDK or DMG is at most three sectors long. */
export const tailBytes = 3 * 512

/**
 * Both ends of a file, enough to recognise its format. Both are padded with zeros to their full length whatever the file's size, so
 * that a mark can be compared without bounds checks. `disk` is the file as raw bytes: the parts that were read, which are more if it
 * may be raw, and zeros elsewhere.
 */
export type Edges = { head: Buffer; tail: Buffer; size: number; disk: Blocks }

/** Limits of the installation. */
export type DiskLimits = { virtualSizeMax: number }

/** `virtualSize` is the size that a guest sees, in bytes; `allocatedBytes` the size that the tables allocate, if it can exceed the file. */
export type FormatVerdict = { ok: true; virtualSize: number; allocatedBytes?: number } | DiskRefusal

/** A disk format. To add one, write such an object and list it in the registry. */
export interface DiskFormat {
  readonly id: string
  /** Whether the file has this format's mark. Checks nothing else: a file with two marks is refused before either is inspected. */
  matches(edges: Edges): boolean
  /** Whether such a file also looks like a raw disk by design: a disc that boots from a USB stick, a VHD with a footer. */
  isOverRaw?(edges: Edges): boolean
  /** Inspects a file that is not empty. Never throws because of the content; its work is bounded whatever the file says. */
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

/** Reads all bytes that the file system probes look at. Only for a file that can be nothing but raw. */
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

/** A 64-bit field as a number; null if it cannot be represented exactly, which no valid offset or size needs. */
export function exactNumber(field: bigint): number | null {
  return field <= Number.MAX_SAFE_INTEGER ? Number(field) : null
}

/** Refuses a virtual size of zero or above the limit; null if it is accepted. */
export function refuseVirtualSize(field: bigint, limits: DiskLimits): DiskRefusal | null {
  if (field === 0n) return refuseDisk('empty')
  if (field <= limits.virtualSizeMax) return null
  return refuseDisk('virtual-size-too-large', { sizeGib: gib(Number(field)), sizeMaxGib: gib(limits.virtualSizeMax) })
}

function gib(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 3)
}
