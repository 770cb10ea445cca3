import type { Blocks } from '../guest/blocks'
import type { FoundFileSystem } from '../guest/file-systems/found'
import { findFileSystem } from '../guest/file-systems/probe'
import type { Slot } from '../guest/slot'
import { readFiles } from './contents'
import { foundHit, searchRanges } from './deep'
import { type ListedFile, listFiles, type Run, type Volume } from './file-list'
import type { createFindings } from './findings'
import { freeSpaceOf } from './free-space'
import { type Candidate, findByPath, findInContents, isPacked, textBytesMax } from './look'
import { createPackages, type Packages, packageLists } from './packages'
import { rulesFor } from './path-rules'
import type { CheckedPartition, UncheckedReason } from './report'
import { findSwapContent, isZero } from './swap'
import { reasonOf } from './trouble'

/** What one check counts as it goes. */
export type Tally = { filesLooked: number; filesTotal: number; bytesRead: number; byPathOnly: number; notRead: number }

export type PartitionOptions = {
  part: Blocks
  slot: Slot
  index: number
  load: () => Promise<Run>
  findings: ReturnType<typeof createFindings>
  tally: Tally
  /** Whether what lies in no file is searched too. */
  deep: boolean
  hear: () => void
  checkTime: () => void
}

/** What a batch may hold: it is in memory, beside 7-Zip. */
const batchFilesMax = 4000
const batchBytesMax = 16 * 1024 ** 2
/** Files that may wait to be read; a volume with more is not checked to its end. */
const candidatesMax = 200_000
/** Lists of packages larger than this are none. */
const listBytesMax = 64 * 1024 ** 2

/** What no system keeps files in. */
const withoutFiles: readonly string[] = ['bios-boot', 'prep-boot', 'microsoft-reserved', 'freebsd-boot']
const encrypted: readonly string[] = ['luks', 'bitlocker']

/** Checks one partition, and adds what is found. Content never makes it throw, but for a limit of the whole check. */
export async function checkPartition(options: PartitionOptions): Promise<CheckedPartition> {
  const { part, slot, index } = options
  const answer: CheckedPartition = { index, fileSystem: null, files: 0, readable: false, reason: null }
  try {
    const found = findFileSystem(part)
    if (!found) {
      const isHarmless = withoutFiles.includes(slot.type) || isZero(part)
      return isHarmless ? { ...answer, readable: true } : { ...answer, reason: 'UNSUPPORTED_FILE_SYSTEM' }
    }
    answer.fileSystem = found.kind
    if (found.kind === 'swap') return { ...answer, readable: findSwap(options) }
    if (encrypted.includes(found.kind)) return { ...answer, reason: 'ENCRYPTED' }
    if (!found.archive) {
      if (options.deep) searchAll(options)
      return { ...answer, reason: 'UNSUPPORTED_FILE_SYSTEM' }
    }
    const checked = await checkFiles(options, found)
    if (options.deep) await searchFree(options, found)
    return { ...answer, ...checked }
  } catch (error) {
    return { ...answer, reason: reasonOf(error) }
  }
}

function findSwap({ part, index, findings }: PartitionOptions): boolean {
  if (findSwapContent(part)) {
    const remedy = { remedy: 'empty', cleanable: true } as const
    findings.add({ rule: 'swap-content', severity: 'high', partition: index, path: '', ...remedy })
  }
  return true
}

function searchAll({ part, slot, index, findings }: PartitionOptions) {
  const all = [{ start: 0, end: part.size }]
  for (const hit of searchRanges(part, all, slot.start)) findings.add(foundHit(hit, index, false))
}

async function searchFree({ part, slot, index, load, findings }: PartitionOptions, found: FoundFileSystem) {
  const free = await freeSpaceOf(part, found, await load())
  if (!free) return
  for (const hit of searchRanges(part, free, slot.start)) findings.add(foundHit(hit, index, true))
}

async function checkFiles(options: PartitionOptions, { archive }: FoundFileSystem) {
  if (!archive) return { reason: 'UNSUPPORTED_FILE_SYSTEM' as const }
  const { part, load, tally, hear } = options
  const volume: Volume = { part, archive, run: await load() }
  const chosen = createChoice()
  const listed = await listFiles(volume, chosen.see)
  if (!listed) return { reason: 'DAMAGED' as const }
  tally.filesTotal += listed.files
  hear()
  const lists = await readFiles(volume, chosen.lists(), (file, bytes) =>
    chosen.packages.addList(file, bytes.toString()),
  )
  const { toRead, byPath } = chosen.end()
  for (const file of byPath)
    for (const found of findByPath(file, options.index, true)) addFound(options, chosen.packages, found)
  tally.byPathOnly += byPath.length
  tally.filesLooked += listed.files - toRead.length
  const read = await readBatches(options, volume, { files: toRead, packages: chosen.packages })
  const isDamaged = listed.isDamaged || lists.isDamaged || read.isDamaged
  const reason: UncheckedReason | null = chosen.isFull() ? 'MEMORY' : isDamaged ? 'DAMAGED' : null
  return { files: listed.files, readable: true, reason }
}

type Owned = Parameters<ReturnType<typeof createFindings>['add']>[0]
function addFound({ findings }: PartitionOptions, packages: Packages, found: Owned) {
  const ownedBy = packages.ownerOf(found.path)
  findings.add({ ...found, ownedBy, cleanable: found.cleanable && ownedBy === null })
}

/** Chooses from a listing what is to be looked at. */
function createChoice() {
  const packages = createPackages()
  const lists: { path: string; size: number }[] = []
  const candidates: Candidate[] = []
  let listBytes = 0
  let isFull = false
  return {
    packages,
    isFull: () => isFull,
    lists: () => lists,
    see: ({ path, size, isLink }: ListedFile) => {
      packages.see(path)
      if (isLink) return
      if (packageLists.test(path) && listBytes + size <= listBytesMax) {
        listBytes += size
        lists.push({ path: unsliced(path), size })
      }
      const rules = rulesFor(path)
      const isText = size > 0 && size <= textBytesMax && !isPacked(path)
      if (rules.length === 0 && size === 0) return
      if (candidates.length >= candidatesMax) isFull = true
      else candidates.push({ path: unsliced(path), size, rules, isText })
    },
    /** After the lists have been read: what of the candidates is read, and what is looked at by its path. */
    end: () => {
      const toRead: Candidate[] = []
      const byPath: Candidate[] = []
      for (const file of candidates) {
        if (packages.isShipped(file.path)) continue
        const isTested = file.size > 0 && file.size <= textBytesMax && file.rules.some(({ content }) => content)
        if (file.isText || isTested) toRead.push(file)
        else byPath.push(file)
      }
      return { toRead, byPath }
    },
  }
}

async function readBatches(
  options: PartitionOptions,
  volume: Volume,
  { files, packages }: { files: readonly Candidate[]; packages: Packages },
) {
  const { tally, index, findings, hear, checkTime } = options
  let isDamaged = false
  for (const batch of batchesOf(files)) {
    const contents: { file: Candidate; bytes: Buffer }[] = []
    const done = await readFiles(volume, batch, (file, bytes) => contents.push({ file, bytes }))
    isDamaged ||= done.isDamaged
    tally.notRead += done.unread
    const isRead = new Set(contents.map(({ file }) => file))
    for (const file of batch)
      if (!isRead.has(file)) for (const found of findByPath(file, index, true)) addFound(options, packages, found)
    for (const content of contents) {
      checkTime()
      tally.bytesRead += content.bytes.length
      tally.filesLooked += 1
      for (const found of await findInContents(content, index, packages)) findings.add(found)
    }
    tally.filesLooked += done.unread
    hear()
  }
  return { isDamaged }
}

function* batchesOf(files: readonly Candidate[]): Generator<Candidate[]> {
  let batch: Candidate[] = []
  let bytes = 0
  for (const file of files) {
    if (batch.length >= batchFilesMax || bytes + file.size > batchBytesMax) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(file)
    bytes += file.size
  }
  if (batch.length > 0) yield batch
}

// A piece of a string keeps the whole of it in memory, here all that 7-Zip printed at once.
function unsliced(text: string): string {
  return Buffer.from(text).toString()
}
