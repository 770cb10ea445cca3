import type { Reader } from '@/lib/machines/reader'
import { readerDisksMax } from '@/lib/machines/reader/command'
import type { GuestFileSystem } from '@/lib/machines/reader/guest'
import type { Blocks } from '../../guest/blocks'
import { TooManyFiles } from '../../guest/listing'
import type { OnContents, Wanted } from '../contents'
import type { ListedFile } from '../file-list'
import type { FileReader } from '../file-reader'
import { MachineEnded, MachineNotStarted, type ReadingMachine, startMachine } from './machine'
import { createSubvolumes } from './subvolumes'

/** Answers how a machine that reads disks is started here; null where none can be. */
export type FindReader = () => Promise<Reader | null>
export type ForeignOptions = {
  findReader: FindReader
  /** In milliseconds. */
  timeLeft: () => number
  /** Hears why a machine did not start. */
  onTrouble: (message: string) => void
  /** Most files of one file system. */
  filesMax: number
}

const kib = 1024
/** What the guest may say to a command that has no records. */
const shortAnswer = 64 * kib
/** A line of a listing is a path and a few numbers, and a path has at most 4 KiB; of `filesMax` files most paths are short. */
const lineBytesMax = 8 * kib
const listingBytesMax = 2 ** 29
/** Names that are no UTF-8 and are remembered as they are; the files of further ones are not read. */
const rawNamesMax = { names: 10_000, bytes: 4 * kib ** 2 }
const regularFile = 0o100000
const folder = 0o040000
const kindBits = 0o170000

/**
 * File systems that only a kernel can read. All of a disk are read by one machine, which starts when the first is opened; a
 * guest that breaks down over one of them is followed by another for the next.
 */
export function createForeign({ findReader, timeLeft, onTrouble, filesMax }: ForeignOptions) {
  const disks: Blocks[] = []
  let finding: Promise<Reader | null> | undefined
  let machine: ReadingMachine | undefined
  return {
    /** Names a volume before any is opened. */
    add: (volume: Blocks) => {
      if (disks.length < readerDisksMax) disks.push(volume)
    },
    /** Null where no machine can be started here, or the volume has no place in it. */
    open: async (volume: Blocks, kind: GuestFileSystem): Promise<FileReader | null> => {
      finding ??= findReader()
      const reader = await finding
      const index = disks.indexOf(volume)
      if (!reader || index < 0) return null
      try {
        if (!machine || machine.isOver()) machine = await startMachine(reader, disks, { timeLeft })
      } catch (error) {
        if (!(error instanceof MachineNotStarted)) throw error
        onTrouble(error.message)
        return null
      }
      return machineReader({ machine, disk: String.fromCharCode(97 + index), kind, filesMax })
    },
    end: () => machine?.end(),
  }
}

export type Foreign = ReturnType<typeof createForeign>

/** `nameOf`: the bytes that are the path of a file that was listed; null for one whose name is no text and was not remembered. */
export type MachineFiles = FileReader & { nameOf: (path: string) => Buffer | null }

/** A disk of a machine by its letter. `filesMax`: a file system with more is not listed to its end. */
export type MachineDisk = { machine: ReadingMachine; disk: string; kind: GuestFileSystem; filesMax: number }

/** Reads the files of one disk of a machine. What breaks the machine is a damage of the disk; too many files throw `TooManyFiles`. */
export function machineReader({ machine, disk, kind, filesMax }: MachineDisk): MachineFiles {
  const rawNames = new Map<string, Buffer>()
  const nameOf = (path: string) => rawNames.get(path) ?? (path.includes('//') ? null : Buffer.from(path))
  const list = async (onFile: (file: ListedFile) => void) => {
    rawNames.clear()
    const mounted = machine.ask({ command: `mount ${disk} ${kind}`, bytesMax: shortAnswer })
    if (!(await mounted.then((end) => end === 0, unlessEnded))) return null
    const listing = createListing({ kind, filesMax, rawNames, onFile })
    const listed = machine.ask({
      command: 'list',
      bytesMax: listingBytesMax,
      recordMax: lineBytesMax,
      onRecord: listing.hear,
    })
    const isWhole = await listed.then((end) => end === 0, unlessEnded)
    return { files: listing.files(), isDamaged: !isWhole }
  }
  const read = async <File extends Wanted>(files: readonly File[], onContents: OnContents<File>) => {
    if (files.length === 0) return { unread: 0, isDamaged: false }
    let next = 0
    let whole = 0
    const onRecord = (bytes: Buffer) => {
      const file = files[next]
      next += 1
      // A file that breaks off in its middle is not what was listed.
      if (file?.size !== bytes.length) return
      whole += 1
      onContents(file, bytes)
    }
    const body = Buffer.concat(files.flatMap(({ path }) => named(rawNames.get(path) ?? Buffer.from(path))))
    const bytesMax = files.reduce((sum, { size }) => sum + size + kib, shortAnswer)
    const recordMax = files.reduce((most, { size }) => Math.max(most, size), 0) + kib
    const answered = machine.ask({ command: `read ${body.length}`, body, bytesMax, recordMax, onRecord })
    const isWhole = await answered.then((end) => end === 0, unlessEnded)
    return { unread: files.length - whole, isDamaged: !isWhole || whole < files.length }
  }
  return { list, read, nameOf }
}

/** False for a machine that broke down over what it was to do; every other error is thrown on. */
export function unlessEnded(error: unknown): false {
  if (error instanceof MachineEnded) return false
  throw error
}

/** A file as `cat` is given it, and after it the word that ends a record. */
function named(name: Buffer): Buffer[] {
  return [Buffer.from('./'), name, Buffer.from('\0/word\0')]
}

type ListingOptions = Pick<MachineDisk, 'kind' | 'filesMax'> & {
  rawNames: Map<string, Buffer>
  onFile: (file: ListedFile) => void
}

/** Takes in what `stat` writes of each file: its mode, its size, and its path from `./`, in which anything may stand. */
function createListing({ kind, filesMax, rawNames, onFile }: ListingOptions) {
  const subvolumes = createSubvolumes()
  const remember = rememberIn(rawNames)
  let files = 0
  return {
    files: () => files,
    hear: (record: Buffer) => {
      const head = /^\n?([0-9a-f]+) (\d+) \.\//.exec(record.toString('latin1', 0, headBytes))
      if (!head) return
      const name = record.subarray(head[0].length)
      const path = name.toString('utf8')
      const mode = Number.parseInt(head[1] ?? '', 16) & kindBits
      // A folder with this number is the top of a subvolume; elsewhere it is any folder.
      if (mode === folder) return kind === 'btrfs' ? subvolumes.add(path) : undefined
      files += 1
      if (files > filesMax) throw new TooManyFiles()
      const systemPath = subvolumes.pathOf(path)
      onFile({ path: remember(path, name), systemPath, size: Number(head[2]), isLink: mode !== regularFile })
    },
  }
}

/** Remembers names that are no UTF-8, and answers a path for each that no other file has. */
function rememberIn(rawNames: Map<string, Buffer>) {
  let unsure = 0
  let bytes = 0
  return (path: string, name: Buffer): string => {
    // A name may also hold this character by itself, and then be what another decodes to.
    if (!path.includes('\ufffd')) return path
    unsure += 1
    bytes += name.length
    const isFull = rawNames.size >= rawNamesMax.names || bytes > rawNamesMax.bytes
    // No path has two slashes in a row.
    const own = isFull || rawNames.has(path) ? `${path}//${unsure}` : path
    if (!isFull) rawNames.set(own, Buffer.from(name))
    return own
  }
}

const headBytes = 64
