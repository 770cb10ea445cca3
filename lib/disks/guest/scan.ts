import { type DiskLayout, type DiskPartition, labelMax } from '../layout'
import { type Blocks, partOf, UnreadableBlocks } from './blocks'
import { findBootMode } from './boot-mode'
import type { FoundFileSystem } from './file-systems/found'
import { findFileSystem } from './file-systems/probe'
import { filesOf } from './files'
import { TooManyFiles } from './listing'
import { nameOperatingSystem } from './operating-system'
import { readPartitionTable } from './partition-table'
import { plainText } from './plain-text'
import { loadSevenZip, OutOfMemory, type SevenZipRun } from './seven-zip'
import type { Slot } from './slot'

export type ScanOptions = {
  /** Opens the guest's view of the disk; its reads may throw `UnreadableBlocks`. */
  open: () => Blocks
  /** Memory for 7-Zip. */
  memoryBytesMax: number
  /** Receives the layout whenever it grows, so that a scan that is stopped keeps its partial result. */
  onProgress: (layout: DiskLayout) => void
}

type Run = (run: SevenZipRun) => Promise<number>
type Unread = DiskLayout['unread']
type Answer = { fileSystem: DiskPartition['fileSystem']; operatingSystem: string | null; unread: Unread }

/** Reads a disk's partitions, their file systems and the guest's operating system. Never throws because of the content. */
export async function scanDisk({ open, memoryBytesMax, onProgress }: ScanOptions): Promise<DiskLayout> {
  let layout: DiskLayout = {
    table: 'none',
    size: 0,
    partitions: [],
    operatingSystem: null,
    bootMode: null,
    unread: null,
  }
  try {
    const disk = open()
    layout = { ...layout, size: disk.size }
    const { table, slots, unread } = readPartitionTable(disk)
    const bootMode = findBootMode(disk, { table, slots })
    layout = { ...layout, table, bootMode, unread, partitions: slots.map((slot) => ({ ...slot, fileSystem: null })) }
    onProgress(layout)
    let loading: Promise<Run> | undefined
    const load = () => {
      loading ??= loadSevenZip(memoryBytesMax)
      return loading
    }
    for (const [index, slot] of slots.entries()) {
      const answer = await readPartition(partOf(disk, slot.start, slot.size), load)
      layout = withAnswer(layout, { index, slot, answer })
      onProgress(layout)
    }
    return layout
  } catch (error) {
    return { ...layout, unread: layout.unread ?? reasonOf(error) }
  }
}

function withAnswer(layout: DiskLayout, { index, slot, answer }: { index: number; slot: Slot; answer: Answer }) {
  const { fileSystem, operatingSystem, unread } = answer
  return {
    ...layout,
    partitions: layout.partitions.with(index, { ...slot, fileSystem }),
    operatingSystem: layout.operatingSystem ?? operatingSystem,
    unread: layout.unread ?? unread,
  }
}

async function readPartition(part: Blocks, load: () => Promise<Run>): Promise<Answer> {
  const nothing: Answer = { fileSystem: null, operatingSystem: null, unread: null }
  let answer = nothing
  try {
    const found = findFileSystem(part)
    if (!found) return nothing
    answer = { ...nothing, fileSystem: recognised(found, part.size) }
    if (!found.archive) return answer
    const files = filesOf(await load(), part, found.archive)
    const listing = await files.list()
    if (!listing) return answer
    const read = {
      ...recognised(found, part.size),
      label: found.label || plainText(listing.label, labelMax),
      used: withinPart(found.bitmap ? await files.count(found.bitmap) : found.used, part.size),
      files: listing.files,
      isReadable: true,
    }
    answer = { ...answer, fileSystem: read }
    return { ...answer, operatingSystem: await nameOperatingSystem(listing, files.read) }
  } catch (error) {
    return { ...answer, unread: reasonOf(error) }
  }
}

function recognised(
  { kind, label, uuid, used }: FoundFileSystem,
  size: number,
): NonNullable<DiskPartition['fileSystem']> {
  return { kind, label, uuid, used: withinPart(used, size), files: null, isReadable: false }
}

// A file system cannot use more than its partition; larger values are ignored.
function withinPart(used: number | null, size: number): number | null {
  return used !== null && used <= size ? used : null
}

function reasonOf(error: unknown): NonNullable<Unread> {
  if (error instanceof UnreadableBlocks) return error.why
  if (error instanceof OutOfMemory || error instanceof TooManyFiles) return 'memory'
  throw error
}
