import type { BootModeName, DiskLayout } from '../layout'
import { type Blocks, readPadded } from './blocks'
import type { Slot } from './slot'

const mbrEntriesAt = 446
const isActive = 0x80
/** The boot record is the second descriptor of a disc; it holds the block of the boot catalogue. */
const bootRecordAt = 17 * 2048
const bootRecordMark = 'CD001\x01EL TORITO SPECIFICATION'
const discBlockBytes = 2048
const catalogueEntryBytes = 32
/** Types of catalogue entries: the first names its platform; the last two begin a section for another platform. */
const catalogue = { first: 1, section: 0x90, lastSection: 0x91 }
const platforms = { pc: 0, efi: 0xef }

/**
 * How a machine boots from a disk; null if the disk does not say. An EFI system partition, or an EFI boot image on a disc, means UEFI,
 * even if a BIOS could boot too. A BIOS boot partition, an active partition or a boot image for PCs means BIOS. Code in the first
 * sector means nothing: tools write some on disks without any system.
 */
export function findBootMode(
  disk: Blocks,
  { table, slots }: { table: DiskLayout['table']; slots: readonly Slot[] },
): BootModeName | null {
  const discs = table === 'iso' ? discPlatforms(disk) : new Set()
  if (slots.some(({ type }) => type === 'efi-system') || discs.has(platforms.efi)) return 'UEFI'
  const hasTable = table === 'gpt' || table === 'mbr'
  const isForBios =
    slots.some(({ type }) => type === 'bios-boot') || (hasTable && hasActiveEntry(disk)) || discs.has(platforms.pc)
  return isForBios ? 'BIOS' : null
}

function hasActiveEntry(disk: Blocks): boolean {
  const sector = readPadded(disk, 0, 512)
  return [0, 1, 2, 3].some((index) => {
    const at = mbrEntriesAt + index * 16
    return sector.readUInt8(at) === isActive && sector.readUInt8(at + 4) !== 0
  })
}

/** The platforms for which a disc has a boot image, as numbered by the El Torito specification. */
function discPlatforms(disk: Blocks): Set<number> {
  const found = new Set<number>()
  const record = readPadded(disk, bootRecordAt, discBlockBytes)
  if (record.toString('latin1', 1, 1 + bootRecordMark.length) !== bootRecordMark) return found
  const entries = readPadded(disk, record.readUInt32LE(71) * discBlockBytes, discBlockBytes)
  if (entries.readUInt8(0) !== catalogue.first || entries.readUInt16LE(30) !== 0xaa55) return found
  found.add(entries.readUInt8(1))
  for (let at = 2 * catalogueEntryBytes; at < entries.length; at += catalogueEntryBytes) {
    const kind = entries.readUInt8(at)
    if (kind === catalogue.section || kind === catalogue.lastSection) found.add(entries.readUInt8(at + 1))
  }
  return found
}
