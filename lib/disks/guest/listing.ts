/** An entry of a file system, as 7-Zip lists it. A link's target is not resolved. */
export type Entry = { path: string; isFolder: boolean; target: string }

/** What a file system holds, counted on the way: as text it may be longer than memory. `files` are all but folders. */
export type Listing = {
  files: number
  label: string
  entries: ReadonlyMap<string, Entry>
}

/** A file system says that it has more files than anybody would wait for. */
export class TooManyFiles extends Error {}

/** More than this is not counted. */
export const filesMax = 4_000_000
/** No honest line is longer. What is behind is another line, with a field that nobody asks for. */
const lineLengthMax = 64 * 1024
const headerEnd = '----------'
/** What a file system keeps of itself, a journal or its bitmaps, 7-Zip lists as files too. */
const ownFile = /^\[SYS(TEM)?\]\//
const entriesKeptMax = 64
/** 7-Zip prints some thirty fields of an entry; a name of several lines must not become more and more of them. */
const fieldsMax = 64

/**
 * Reads `l -slt` of 7-Zip as blocks of fields, the file system's first. Names cannot look like lines: `_` for
 * controls.
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

/** Counts what 7-Zip lists, and keeps the entries whose path `isWanted`. */
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
    /** Null where 7-Zip found no file system that it knows. */
    end: (): Listing | null => {
      reader.end()
      return label === null ? null : { files, label, entries }
    },
  }
}

/** Whether the fields are those of a file or a link, and neither a folder, nor a stream of NTFS, nor a file system's own. */
export function isFile(fields: Map<string, string>): boolean {
  const { path, isFolder } = entryOf(fields)
  return !isFolder && !ownFile.test(path) && fields.get('Alternate Stream') !== '+'
}

// A link to a folder is called a folder, but it has no more in it than any other file.
function entryOf(fields: Map<string, string>): Entry {
  const mode = fields.get('Mode') ?? ''
  const isFolder = mode === '' ? fields.get('Folder') === '+' : mode.startsWith('d')
  return { path: fields.get('Path') ?? '', isFolder, target: fields.get('Symbolic Link') ?? '' }
}
