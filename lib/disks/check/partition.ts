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
  /** Its volumes, as `findAllVolumes` returned them. */
  found: FoundVolumes
  load: () => Promise<Run>
  /** Reads file systems that 7-Zip cannot. */
  foreign: Foreign
  findings: Pick<ReturnType<typeof createFindings>, 'add'>
  tally: Tally
  /** Whether to search outside files too. */
  deep: boolean
  /** Maximum number of files of one file system. */
  filesMax: number
  hear: () => void
  checkTime: () => void
}

/** The result of one volume. */
type Checked = { files: number; readable: boolean; reason: UncheckedReason | null }

/** Partition types on which no system stores files. */
const withoutFiles: readonly string[] = ['bios-boot', 'prep-boot', 'microsoft-reserved', 'freebsd-boot']
const encrypted: readonly string[] = ['luks', 'bitlocker']
/** Formats with a free-space bitmap; the others have no gaps. */
const withFreeSpace: readonly string[] = ['Ext', 'FAT', 'NTFS']
const unread = (reason: UncheckedReason): Checked => ({ files: 0, readable: false, reason })

/** Checks one partition and adds its findings. Throws only for a limit of the whole check, never because of the content. */
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
  // The free blocks are known if 7-Zip reads the files, but not for ext4 with bigalloc or inline data.
  const isMapped = all.every(({ readable }) => readable) && found.volumes.every(({ guest }) => guest !== 'ext4')
  const searched = options.deep ? (isMapped ? searchUnused(options) : searchAll(options)) : null
  const reason = all.find((checked) => checked.reason)?.reason ?? searched
  const files = all.reduce((sum, checked) => sum + checked.files, 0)
  return { ...answer, files, readable: all.every(({ readable }) => readable), reason }
}

/** Adds the volume's name to the path of its findings, which are cleanable only if a clean copy changes the volume. */
function inVolume(options: PartitionOptions, { name, found, guest }: FoundVolume): PartitionOptions {
  if (name === '') return options
  const { add } = options.findings
  const isChanged = options.found.isPlain && (guest !== null || found?.archive === 'Ext' || found?.kind === 'swap')
  const addInVolume: typeof add = (one) => {
    const path = one.path === '' ? name : `${name}/${one.path}`
    // Free space is cleaned as a whole, whatever the volume.
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

/** Searches the ranges of a group's partition outside its volumes. */
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
  // A logical volume consists of segments, so offsets are relative to the volume.
  const base = name === '' ? slot.start : 0
  const search = (ranges: Iterable<Range>, place: Place) => {
    for (const hit of searchRanges(blocks, ranges, base)) findings.add(foundHit(hit, index, place))
  }
  const free = await freeSpaceOf(blocks, found, await load())
  // Without a free-space bitmap the whole volume is searched.
  if (!free && withFreeSpace.includes(found.archive ?? '')) return search([{ start: 0, end: blocks.size }], 'unread')
  if (free) search(free, (name === '' || isPlain) && isZeroed(found) ? 'zeroed' : 'unused')
  // Shrinking a file system leaves old data behind its end.
  if (found.size !== null && found.size < blocks.size) search([{ start: found.size, end: blocks.size }], 'unread')
}
