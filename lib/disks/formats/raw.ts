import type { Blocks } from '../guest/blocks'
import type { FoundFileSystem } from '../guest/file-systems/found'
import { udfBlockBytes } from '../guest/file-systems/optical'
import { findFileSystem, findInFirst } from '../guest/file-systems/probe'
import { rulingOf } from '../guest/ruling'
import type { ByteReader } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'
import { type DiskFormat, type DiskLimits, type Edges, type FormatVerdict, refuseVirtualSize } from './format'
import { hasBootMark, hasGptMark, refusePartitions, tableOf } from './partitions'
import { readUdfEnd } from './udf'

const sectorBytes = 512
/** In other formats these first bytes hold no data of the guest. */
const firstBytes = 2048

/** Raw has no mark, so it is accepted only with a valid partition table or file system. */
export const raw = {
  id: 'raw',
  matches: ({ head, disk }: Edges) => hasGptMark(head) || tableOf(head) !== null || isVolume(disk),
  inspect: async (reader: ByteReader, edges: Edges, limits: DiskLimits): Promise<FormatVerdict> => {
    const { head, size, disk } = edges
    const tooLarge = refuseVirtualSize(BigInt(size), limits)
    if (tooLarge) return tooLarge
    // A guest sees whole sectors.
    const accepted = { ok: true as const, virtualSize: Math.ceil(size / sectorBytes) * sectorBytes }
    const ruling = rulingOf(disk)
    if (ruling?.by === 'disc') return accepted
    if (ruling?.by === 'file-system') return (await refuseCut(reader, ruling.found, disk)) ?? accepted
    if (!ruling && !hasGptMark(head) && !hasBootMark(head)) {
      return refuseDisk('not-a-disk', { found: whatElse(head.subarray(0, Math.min(size, head.length))) })
    }
    const wrong = await refusePartitions(reader, head)
    // The boot sector of a file system may look like an MBR by chance.
    const volume = wrong && ruling?.table === 'mbr' ? findFileSystem(disk) : null
    return (volume ? await refuseCut(reader, volume, disk) : wrong) ?? accepted
  },
} as const satisfies DiskFormat

/** Refuses a file that ends before its file system does. */
async function refuseCut(
  reader: ByteReader,
  { kind, size }: FoundFileSystem,
  disk: Blocks,
): Promise<DiskRefusal | null> {
  const blockBytes = kind === 'udf' ? udfBlockBytes(disk) : null
  const end = blockBytes === null ? size : await readUdfEnd(reader, blockBytes)
  if (end !== null && typeof end !== 'number') return end
  return end !== null && end > reader.size ? refuseDisk('truncated') : null
}

// LUKS is refused by name, as a known format that is not accepted.
function isVolume(disk: Blocks): boolean {
  const found = findInFirst(firstBytes, disk)
  return found !== null && found.kind !== 'luks'
}

// People upload a login page or a checksum file by mistake; the refusal names it.
function whatElse(bytes: Buffer): string {
  if (bytes.every((byte) => byte === 0)) return 'zeros'
  const text = bytes.subarray(0, 1024).toString('latin1')
  if (/^\s*(<!doctype html|<html)/i.test(text)) return 'html'
  return /^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(text) ? 'text' : 'unknown'
}
