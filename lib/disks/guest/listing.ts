/** An entry of a file system, as 7-Zip lists it. Symbolic links are not resolved. */
export type Entry = { path: string; isFolder: boolean; target: string }

/** Counts of a listing, taken while it streams, because as text it may not fit into memory. `files` counts everything except folders. */
export type Listing = {
  files: number
  label: string
  entries: ReadonlyMap<string, Entry>
}

/** The listing has more files than is worth waiting for. */
export class TooManyFiles extends Error {}

/** Listings with more files throw `TooManyFiles`. */
export const filesMax = 4_000_000
/** No real line is longer. The rest is taken as another line, with an unknown field. */
const lineLengthMax = 64 * 1024
const headerEnd = '----------'
/** 7-Zip also lists a file system's own data, such as journals and bitmaps, as files. */
const ownFile = /^\[SYS(TEM)?\]\//
const entriesKeptMax = 64
/** 7-Zip prints about thirty fields of an entry; a name of several lines must not add fields without end. */
const fieldsMax = 64

/**
 * Parses the output of 7-Zip's `l -slt` as blocks of fields, the file system's first. Names cannot imitate lines: 7-Zip prints control
 * characters as `_`.
 */
export function createBlockReader(
  onHeader: (fields: Map<string, string>) => void,
  onEntry: (fields: Map<string, string>) => void,
) {
  const decoder = new TextDecoder()
  let fields = new Map<string, string>()
  let hasHeader = false
  let rest = ''

  const endBlock = () => {
    const ended = fields
    fields = new Map()
    if (hasHeader && ended.has('Path')) onEntry(ended)
  }
  const hear = (line: string) => {
    if (line === '') return hasHeader ? endBlock() : undefined
    if (line === headerEnd && !hasHeader) {
      hasHeader = true
      onHeader(fields)
      fields = new Map()
      return
    }
    const equals = line.indexOf(' = ')
    if (equals > 0 && fields.size < fieldsMax) fields.set(line.slice(0, equals), line.slice(equals + 3))
  }
  return {
    hear: (bytes: Uint8Array) => {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
      rest = (lines.pop() ?? '').slice(0, lineLengthMax)
      for (const line of lines) hear(line)
    },
    end: () => {
      hear(rest)
      endBlock()
    },
  }
}

/** Counts the files that 7-Zip lists, and keeps the entries whose path satisfies `isWanted`. */
export function createListing(isWanted: (path: string) => boolean) {
  const entries = new Map<string, Entry>()
  let label: string | null = null
  let files = 0
  const reader = createBlockReader(
    (fields) => {
      label = fields.get('Label') ?? ''
    },
    (fields) => {
      const entry = entryOf(fields)
      if (isFile(fields)) files += 1
      if (files > filesMax) throw new TooManyFiles()
      if (entries.size < entriesKeptMax && isWanted(entry.path)) entries.set(entry.path, entry)
    },
  )
  return {
    hear: reader.hear,
    /** Null if 7-Zip recognised no file system. */
    end: (): Listing | null => {
      reader.end()
      return label === null ? null : { files, label, entries }
    },
  }
}

/** Whether an entry is a file or a link, not a folder, an NTFS stream or the file system's own data. */
export function isFile(fields: Map<string, string>): boolean {
  const { path, isFolder } = entryOf(fields)
  return !isFolder && !ownFile.test(path) && fields.get('Alternate Stream') !== '+'
}

// 7-Zip calls a link to a folder a folder, but it has no content of its own.
function entryOf(fields: Map<string, string>): Entry {
  const mode = fields.get('Mode') ?? ''
  const isFolder = mode === '' ? fields.get('Folder') === '+' : mode.startsWith('d')
  return { path: fields.get('Path') ?? '', isFolder, target: fields.get('Symbolic Link') ?? '' }
}
