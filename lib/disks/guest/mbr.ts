import { partitionsMax } from '../layout'
import type { Blocks } from './blocks'
import { mbrType } from './partition-types'
import type { FoundSlots, Slot } from './slot'

const sectorBytes = 512
const entriesAt = 446
const extendedTypes: readonly number[] = [0x05, 0x0f, 0x85]
const firstLogical = 5

/** Type of the entry that keeps tools that do not know GPT from writing to the disk. */
const protectiveType = '0xee'

type Entry = { type: number; first: number; sectors: number }

/** Reads the primary and logical partitions of an MBR, without the extended partition around the logical ones. */
export function readMbr(disk: Blocks): FoundSlots {
  const found: FoundSlots = { slots: [], isDamaged: false }
  for (const [index, entry] of readEntries(disk, 0).entries()) {
    if (entry.type === 0) continue
    if (extendedTypes.includes(entry.type)) readLogical(disk, entry.first, found)
    else addSlot(disk, found, slotOf(entry, index + 1, 0))
  }
  found.slots.sort((a, b) => (a.number ?? 0) - (b.number ?? 0))
  return found
}

// Each sector of the chain holds one partition, relative to this sector, and the next link, relative to the first.
function readLogical(disk: Blocks, base: number, found: FoundSlots): void {
  const seen = new Set<number>()
  let number = found.slots.filter((slot) => (slot.number ?? 0) >= firstLogical).length + firstLogical
  for (let sector: number | undefined = base; sector !== undefined; ) {
    if (seen.has(sector) || seen.size >= partitionsMax || !hasMark(disk, sector)) {
      found.isDamaged = true
      return
    }
    seen.add(sector)
    const [entry, next]: Entry[] = readEntries(disk, sector)
    if (entry && entry.type !== 0) {
      addSlot(disk, found, slotOf(entry, number, sector))
      number += 1
    }
    sector = next && next.type !== 0 ? base + next.first : undefined
  }
}

function addSlot(disk: Blocks, found: FoundSlots, slot: Slot): void {
  // On a disk too large for an MBR, the protective entry says 0xffffffff sectors.
  const isInside = slot.type === protectiveType || (slot.size > 0 && slot.start + slot.size <= disk.size)
  if (isInside) found.slots.push(slot)
  else found.isDamaged = true
}

function slotOf({ type, first, sectors }: Entry, number: number, base: number): Slot {
  return { number, start: (base + first) * sectorBytes, size: sectors * sectorBytes, name: '', type: mbrType(type) }
}

function hasMark(disk: Blocks, sector: number): boolean {
  const bytes = disk.read(sector * sectorBytes, sectorBytes)
  return bytes.length === sectorBytes && bytes.readUInt16LE(510) === 0xaa55
}

function readEntries(disk: Blocks, sector: number): Entry[] {
  const table = disk.read(sector * sectorBytes + entriesAt, 4 * 16)
  return Array.from({ length: Math.floor(table.length / 16) }, (_, index) => {
    const entry = table.subarray(index * 16, (index + 1) * 16)
    return { type: entry.readUInt8(4), first: entry.readUInt32LE(8), sectors: entry.readUInt32LE(12) }
  })
}
