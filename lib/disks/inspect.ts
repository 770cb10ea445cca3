import { type DiskFormat, type DiskLimits, readDisk, readEdges } from './formats/format'
import { iso } from './formats/iso'
import { raw } from './formats/raw'
import { type DiskFormatId, diskFormats } from './formats/registry'
import { findSignatures } from './formats/signatures'
import type { ByteReader } from './reader'
import { type DiskRefusal, refuseDisk } from './reasons'

/** Sizes in bytes: what a guest sees, and the upper bound after conversion. */
export type Disk = { format: DiskFormatId; virtualSize: number; allocatedBytes: number }
type KnownFormat = DiskFormat & { id: DiskFormatId }
export type Inspection = { ok: true; disk: Disk } | DiskRefusal

/** Default upper bound of the virtual size, in bytes. */
const defaultVirtualSizeMax = 2 * 1024 ** 4

/** The formats that wrap a disk's bytes instead of holding them as they are. */
const packedFormats: readonly KnownFormat[] = diskFormats.filter((format) => format !== raw && format !== iso)

/** Rule 17: decides from the bytes alone, before any tool follows what a file says. Throws only if reading fails. */
export async function inspectDisk(
  reader: ByteReader,
  limits: DiskLimits = { virtualSizeMax: defaultVirtualSizeMax },
): Promise<Inspection> {
  if (reader.size === 0) return refuseDisk('empty')
  const first = await readEdges(reader)
  const others = findSignatures(first)
  const isMarked = others.length > 0 || packedFormats.some((format) => format.matches(first))
  const edges = isMarked ? first : { ...first, disk: await readDisk(reader) }
  const matching: readonly KnownFormat[] = diskFormats.filter((format) => format.matches(edges))
  // Raw has no mark of its own. It counts as a second format only if its marks show and the other format does not overlay a raw disk.
  const isOverRaw = others.some((other) => other.overRaw) || matching.some((format) => format.isOverRaw?.(edges))
  const accepted = matching.filter((format) => !(format === raw && isOverRaw))
  const [one, another] = [...accepted, ...others]
  if (one && another) return refuseDisk('ambiguous', { first: one.id, second: another.id })
  if (others[0]) return refuseDisk('unsupported-format', { found: others[0].id })
  const format = accepted[0] ?? raw
  const verdict = await format.inspect(reader, edges, limits)
  if (verdict.ok) {
    const { virtualSize, allocatedBytes = reader.size } = verdict
    return { ok: true, disk: { format: format.id, virtualSize, allocatedBytes: Math.min(allocatedBytes, virtualSize) } }
  }
  // Most sentences name the format, so it is added here and not by each format.
  return refuseDisk(verdict.reason, { format: format.id, ...verdict.facts })
}
