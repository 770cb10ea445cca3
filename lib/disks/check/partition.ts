import type { GuestFileSystem } from '@/lib/machines/reader/guest'
import type { Blocks } from '../guest/blocks'
import type { FoundFileSystem } from '../guest/file-systems/found'
import type { Slot } from '../guest/slot'
import type { Range } from './clear-bits'
import { foundHit, type Place, searchRanges } from './deep'
import type { Run } from './file-list'
import { sevenZipReader } from './file-reader'
import type { createFindings } from './findings'
import { freeSpaceOf, isZeroed } from './free-space'
import type { Foreign } from './machine/foreign'
import type { CheckedPartition, UncheckedReason } from './report'
import { findSwapContent, isZero } from './swap'
import { reasonOf } from './trouble'
import { checkFiles, type Tally } from './volume-files'
import type { FoundVolume, FoundVolumes } from './volumes'

export type PartitionOptions = {
  slot: Slot
  index: number
  /** What is in it. */
  found: FoundVolumes
  load: () => Promise<Run>
  /** Reads what 7-Zip cannot. */
  foreign: Foreign
  findings: Pick<ReturnType<typeof createFindings>, 'add'>
  tally: Tally
  /** Whether what lies in no file is searched too. */
  deep: boolean
  /** Most files of one file system. */
  filesMax: number
  hear: () => void
  checkTime: () => void
}

/** What is known of a volume after it was checked. */
type Checked = { files: number; readable: boolean; reason: UncheckedReason | null }

/** What no system keeps files in. */
const withoutFiles: readonly string[] = ['bios-boot', 'prep-boot', 'microsoft-reserved', 'freebsd-boot']
const encrypted: readonly string[] = ['luks', 'bitlocker']
/** Formats with a map of what is free; the others are packed without a gap. */
const withFreeSpace: readonly string[] = ['Ext', 'FAT', 'NTFS']
const unread = (reason: UncheckedReason): Checked => ({ files: 0, readable: false, reason })

/** Checks one partition, and adds what is found. Content never makes it throw, but for a limit of the whole check. */
export async function checkPartition(options: PartitionOptions): Promise<CheckedPartition> {
  const { index, found, slot } = options
  const answer: CheckedPartition = { index, fileSystem: found.kind, files: 0, readable: false, reason: found.reason }
  if (found.reason) {
    if (options.deep && found.kind) searchAll(options)
    return answer
  }
  if (!found.kind && withoutFiles.includes(slot.type)) return { ...answer, readable: true }
  const all: Checked[] = []
  for (const volume of found.volumes) all.push(await checkVolume(volume, inVolume(options, volume)))
  // Which blocks are free is known where 7-Zip reads the files, but not in ext4 with clusters or files inside inodes.
  const isMapped = all.every(({ readable }) => readable) && found.volumes.every(({ guest }) => guest !== 'ext4')
  const searched = options.deep ? (isMapped ? searchUnused(options) : searchAll(options)) : null
  const reason = all.find((checked) => checked.reason)?.reason ?? searched
  const files = all.reduce((sum, checked) => sum + checked.files, 0)
  return { ...answer, files, readable: all.every(({ readable }) => readable), reason }
}

/** A finding in a volume of a group has the name of that in front of its path, and is cleaned where the volume is. */
function inVolume(options: PartitionOptions, { name, found, guest }: FoundVolume): PartitionOptions {
  if (name === '') return options
  const { add } = options.findings
  const isChanged = options.found.isPlain && (guest !== null || found?.archive === 'Ext' || found?.kind === 'swap')
  const addInVolume: typeof add = (one) => {
    const path = one.path === '' ? name : `${name}/${one.path}`
    // Free space is dealt with as a whole, and its place says by what.
    add({ ...one, path, cleanable: one.cleanable && (isChanged || one.rule === 'deleted-secret') })
  }
  return { ...options, findings: { add: addInVolume } }
}

async function checkVolume(volume: FoundVolume, options: PartitionOptions): Promise<Checked> {
  const { blocks, found } = volume
  try {
    if (!blocks) return unread('UNSUPPORTED_FILE_SYSTEM')
    if (!found) return isZero(blocks) ? { files: 0, readable: true, reason: null } : unread('UNSUPPORTED_FILE_SYSTEM')
    if (found.kind === 'swap') return findSwap(options, blocks)
    if (encrypted.includes(found.kind)) return unread('ENCRYPTED')
    if (volume.guest) return await checkForeign(options, { blocks, guest: volume.guest })
    if (!found.archive) return unread('UNSUPPORTED_FILE_SYSTEM')
    const reader = sevenZipReader({
      part: blocks,
      archive: found.archive,
      run: await options.load(),
      filesMax: options.filesMax,
    })
    const checked = await checkFiles({ ...options, reader })
    if (options.deep) await searchFree(options, volume.name, { blocks, found })
    return checked ?? unread('DAMAGED')
  } catch (error) {
    return unread(reasonOf(error))
  }
}

async function checkForeign(
  options: PartitionOptions,
  { blocks, guest }: { blocks: Blocks; guest: GuestFileSystem },
): Promise<Checked> {
  const reader = await options.foreign.open(blocks, guest)
  if (!reader) return unread('TOOLS_MISSING')
  return (await checkFiles({ ...options, reader })) ?? unread('UNSUPPORTED_FILE_SYSTEM')
}

function findSwap({ index, findings }: PartitionOptions, part: Blocks): Checked {
  if (findSwapContent(part)) {
    const remedy = { remedy: 'empty', cleanable: true } as const
    findings.add({ rule: 'swap-content', severity: 'high', partition: index, path: '', ...remedy })
  }
  return { files: 0, readable: true, reason: null }
}

function searchAll(options: PartitionOptions): UncheckedReason | null {
  return searchIn(options, [{ start: 0, end: options.found.part.size }], 'unread')
}

/** Searches what of a group's partition lies in no volume. */
function searchUnused(options: PartitionOptions): UncheckedReason | null {
  return searchIn(options, options.found.free, 'zeroed') ?? searchIn(options, options.found.unused, 'unused')
}

function searchIn({ found, slot, index, findings }: PartitionOptions, ranges: readonly Range[], place: Place) {
  try {
    for (const hit of searchRanges(found.part, ranges, slot.start)) findings.add(foundHit(hit, index, place))
    return null
  } catch (error) {
    return reasonOf(error)
  }
}

async function searchFree(
  { slot, index, load, findings, found: { isPlain } }: PartitionOptions,
  name: string,
  { blocks, found }: { blocks: Blocks; found: FoundFileSystem },
) {
  // A volume of a group lies in pieces; a place in it is one of its own.
  const base = name === '' ? slot.start : 0
  const search = (ranges: Iterable<Range>, place: Place) => {
    for (const hit of searchRanges(blocks, ranges, base)) findings.add(foundHit(hit, index, place))
  }
  const free = await freeSpaceOf(blocks, found, await load())
  // Where nobody can tell what is free, all of it is searched.
  if (!free && withFreeSpace.includes(found.archive ?? '')) return search([{ start: 0, end: blocks.size }], 'unread')
  if (free) search(free, (name === '' || isPlain) && isZeroed(found) ? 'zeroed' : 'unused')
  // A volume that was made smaller leaves what was behind.
  if (found.size !== null && found.size < blocks.size) search([{ start: found.size, end: blocks.size }], 'unread')
}
