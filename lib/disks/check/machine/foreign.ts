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

/** Provides the command that starts the reader machine; null if this host cannot run it. */
export type FindReader = () => Promise<Reader | null>
export type ForeignOptions = {
  findReader: FindReader
  /** Receives the error message if a machine does not start. */
  timeLeft: () => number
  /** Maximum number of files of one file system. */
  onTrouble: (message: string) => void
  /** Maximum number of files of one file system. */
  filesMax: number
}

const kib = 1024
/** Maximum output of a command without records. */
const shortAnswer = 64 * kib
/** A listed line is a path of at most 4 KiB and a few numbers. Of `filesMax` files most paths are short. */
const lineBytesMax = 8 * kib
const listingBytesMax = 2 ** 29
/** Limits for remembered names that are not UTF-8. Files with further such names are not read. */
const rawNamesMax = { names: 10_000, bytes: 4 * kib ** 2 }
const regularFile = 0o100000
const folder = 0o040000
const kindBits = 0o170000

/**
 * File systems that only a kernel can read. One machine reads all of a disk; it starts when the first is opened. If the guest crashes
 * over one, another machine is started for the next.
 */
export function createForeign({ findReader, timeLeft, onTrouble, filesMax }: ForeignOptions) {
  const disks: Blocks[] = []
  let finding: Promise<Reader | null> | undefined
  let machine: ReadingMachine | undefined
  return {
    /** Registers a volume. All must be registered before any is opened. */
    add: (volume: Blocks) => {
      if (disks.length < readerDisksMax) disks.push(volume)
    },
    /** Null if no machine can be started here, or the machine has no slot left for the volume. */
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

/** `nameOf`: the bytes of a listed path; null for a name that is not UTF-8 and was not remembered. */
export type MachineFiles = FileReader & { nameOf: (path: string) => Buffer | null }

/** A disk of a machine by its letter. A file system with more than `filesMax` files is not listed to its end. */
export type MachineDisk = { machine: ReadingMachine; disk: string; kind: GuestFileSystem; filesMax: number }

/** Reads the files of one disk of a machine. A crash of the machine counts as damage of the disk; too many files throw `TooManyFiles`. */
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
      // An incomplete file.
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

/** For `catch`: false if the machine crashed over its task; rethrows every other error. */
export function unlessEnded(error: unknown): false {
  if (error instanceof MachineEnded) return false
  throw error
}

/** A file name for `cat`, followed by the file with the end mark of a record. */
function named(name: Buffer): Buffer[] {
  return [Buffer.from('./'), name, Buffer.from('\0/word\0')]
}

type ListingOptions = Pick<MachineDisk, 'kind' | 'filesMax'> & {
  rawNames: Map<string, Buffer>
  onFile: (file: ListedFile) => void
}

/** Parses the output of `stat` for each file: mode, size, and the path from `./`, which may hold any bytes. */
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
      // With Btrfs, such a folder is the root of a subvolume; elsewhere it is an ordinary folder.
      if (mode === folder) return kind === 'btrfs' ? subvolumes.add(path) : undefined
      files += 1
      if (files > filesMax) throw new TooManyFiles()
      const systemPath = subvolumes.pathOf(path)
      onFile({ path: remember(path, name), systemPath, size: Number(head[2]), isLink: mode !== regularFile })
    },
  }
}

/** Remembers names that are not UTF-8, and returns a unique path for each. */
function rememberIn(rawNames: Map<string, Buffer>) {
  let unsure = 0
  let bytes = 0
  return (path: string, name: Buffer): string => {
    // A valid name may contain U+FFFD, and equal the decoded form of another.
    if (!path.includes('\ufffd')) return path
    unsure += 1
    bytes += name.length
    const isFull = rawNames.size >= rawNamesMax.names || bytes > rawNamesMax.bytes
    // No real path has two slashes in a row.
    const own = isFull || rawNames.has(path) ? `${path}//${unsure}` : path
    if (!isFull) rawNames.set(own, Buffer.from(name))
    return own
  }
}

const headBytes = 64
