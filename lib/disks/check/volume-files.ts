import type { ListedFile } from './file-list'
import type { FileReader } from './file-reader'
import type { createFindings, Found } from './findings'
import { type Candidate, findByPath, findInContents, isPacked, textBytesMax } from './look'
import { createPackages, type Packages, packageLists } from './packages'
import { rulesFor } from './path-rules'
import type { UncheckedReason } from './report'

/** Running counts of one check. */
export type Tally = { filesLooked: number; filesTotal: number; bytesRead: number; byPathOnly: number; notRead: number }

/** The source of the files and the receivers of the results. */
export type FilesOptions = {
  reader: FileReader
  /** Index of the partition. */
  index: number
  findings: Pick<ReturnType<typeof createFindings>, 'add'>
  tally: Tally
  hear: () => void
  checkTime: () => void
}

/** Limits of a batch, which is in memory beside 7-Zip. */
const batchFilesMax = 4000
const batchBytesMax = 16 * 1024 ** 2
/** Maximum number of files that wait to be read, and of their paths' length; a volume with more is not checked completely. */
const candidatesMax = 200_000
const pathUnitsMax = 24 * 1024 ** 2
/** Package lists beyond these limits, singly or together, are ignored. */
const listBytesMax = 16 * 1024 ** 2
const allListsMax = { lists: 20_000, bytes: 64 * 1024 ** 2, pathUnits: 2 * 1024 ** 2 }

/** Checks the files of one file system and adds its findings. Null if the reader does not recognise the file system. */
export async function checkFiles(
  options: FilesOptions,
): Promise<{ files: number; readable: true; reason: UncheckedReason | null } | null> {
  const { reader, tally, hear } = options
  const chosen = createChoice()
  const listed = await reader.list(chosen.see)
  if (!listed) return null
  tally.filesTotal += listed.files
  hear()
  const lists = await reader.read(chosen.lists(), (file, bytes) => chosen.packages.addList(file, bytes.toString()))
  const { toRead, byPath } = chosen.end()
  for (const file of byPath) addByPath(options, chosen.packages, file)
  tally.byPathOnly += byPath.length
  tally.filesLooked += listed.files - toRead.length
  const read = await readBatches(options, { files: toRead, packages: chosen.packages })
  const isDamaged = listed.isDamaged || lists.isDamaged || read.isDamaged
  const reason: UncheckedReason | null = chosen.isFull() ? 'MEMORY' : isDamaged ? 'DAMAGED' : null
  return { files: listed.files, readable: true, reason }
}

function addByPath({ findings, index }: FilesOptions, packages: Packages, file: Candidate) {
  const ownedBy = packages.ownerOf(file.systemPath)
  for (const found of findByPath(file, index, true)) addFound(findings, ownedBy, found)
}

function addFound(findings: FilesOptions['findings'], ownedBy: string | null, found: Found) {
  findings.add({ ...found, ownedBy, cleanable: found.cleanable && ownedBy === null })
}

/** Selects the files to check from a listing. */
function createChoice() {
  const packages = createPackages()
  const lists: { path: string; size: number }[] = []
  const candidates: Candidate[] = []
  const held = { listBytes: 0, listUnits: 0, pathUnits: 0 }
  let isFull = false
  const isList = (path: string, size: number) =>
    packageLists.test(path) &&
    size <= listBytesMax &&
    held.listBytes + size <= allListsMax.bytes &&
    held.listUnits + path.length <= allListsMax.pathUnits &&
    lists.length < allListsMax.lists
  return {
    packages,
    isFull: () => isFull,
    lists: () => lists,
    see: ({ path, systemPath, size, isLink }: ListedFile) => {
      packages.see(systemPath)
      if (isLink) return
      if (isList(systemPath, size)) {
        held.listBytes += size
        held.listUnits += path.length
        lists.push({ path: unsliced(path), size })
      }
      const rules = rulesFor(systemPath)
      const isText = size > 0 && size <= textBytesMax && !isPacked(path)
      if (rules.length === 0 && size === 0) return
      held.pathUnits += path.length + (systemPath === path ? 0 : systemPath.length)
      if (candidates.length >= candidatesMax || held.pathUnits > pathUnitsMax) isFull = true
      else candidates.push({ ...unslicedPaths(path, systemPath), size, rules, isText })
    },
    /** Called after the package lists are read: which candidates are read, and which are checked by path only. */
    end: () => {
      const toRead: Candidate[] = []
      const byPath: Candidate[] = []
      for (const file of candidates) {
        if (packages.isShipped(file.systemPath)) continue
        const isTested = file.size > 0 && file.size <= textBytesMax && file.rules.some(({ content }) => content)
        if (file.isText || isTested) toRead.push(file)
        else byPath.push(file)
      }
      return { toRead, byPath }
    },
  }
}

async function readBatches(
  options: FilesOptions,
  { files, packages }: { files: readonly Candidate[]; packages: Packages },
) {
  const { reader, tally, index, findings, hear, checkTime } = options
  let isDamaged = false
  for (const batch of batchesOf(files)) {
    const contents: { file: Candidate; bytes: Buffer }[] = []
    const done = await reader.read(batch, (file, bytes) => contents.push({ file, bytes }))
    isDamaged ||= done.isDamaged
    tally.notRead += done.unread
    const isRead = new Set(contents.map(({ file }) => file))
    for (const file of batch) if (!isRead.has(file)) addByPath(options, packages, file)
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

function unslicedPaths(path: string, systemPath: string) {
  const own = unsliced(path)
  return { path: own, systemPath: systemPath === path ? own : unsliced(systemPath) }
}

// A substring keeps its parent string in memory, here a whole chunk of 7-Zip's output.
function unsliced(text: string): string {
  return Buffer.from(text).toString()
}
