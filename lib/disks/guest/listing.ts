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

const filesMax = 4_000_000
/** No honest line is longer. What is behind is another line, with a field that nobody asks for. */
const lineLengthMax = 64 * 1024
const headerEnd = '----------'
/** What a file system keeps of itself, a journal or its bitmaps, 7-Zip lists as files too. */
const ownFile = /^\[SYS(TEM)?\]\//
const entriesKeptMax = 64

/**
 * Reads what 7-Zip prints for `l -slt`: fields of the file system, a line, then a block of fields for every entry. It prints
 * control characters of a name as `_`, so no name can look like a line. Entries are kept whose path `isWanted`.
 */
export function createListing(isWanted: (path: string) => boolean) {
  const decoder = new TextDecoder()
  const entries = new Map<string, Entry>()
  let header: Map<string, string> | null = null
  let fields = new Map<string, string>()
  let files = 0
  let rest = ''

  const endBlock = () => {
    const entry = header && fields.has('Path') ? entryOf(fields) : null
    const isStream = fields.get('Alternate Stream') === '+'
    fields = new Map()
    if (!entry) return
    if (!entry.isFolder && !ownFile.test(entry.path) && !isStream) files += 1
    if (files > filesMax) throw new TooManyFiles()
    if (entries.size < entriesKeptMax && isWanted(entry.path)) entries.set(entry.path, entry)
  }

  const hear = (line: string) => {
    if (line === '') return header ? endBlock() : undefined
    if (line === headerEnd && !header) {
      header = fields
      fields = new Map()
      return
    }
    const equals = line.indexOf(' = ')
    if (equals > 0) fields.set(line.slice(0, equals), line.slice(equals + 3))
  }

  return {
    hear: (bytes: Uint8Array) => {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
      rest = (lines.pop() ?? '').slice(0, lineLengthMax)
      for (const line of lines) hear(line)
    },
    /** Null where 7-Zip found no file system that it knows. */
    end: (): Listing | null => {
      hear(rest)
      endBlock()
      return header ? { files, label: header.get('Label') ?? '', entries } : null
    },
  }
}

// A link to a folder is called a folder, but it has no more in it than any other file.
function entryOf(fields: Map<string, string>): Entry {
  const mode = fields.get('Mode') ?? ''
  const isFolder = mode === '' ? fields.get('Folder') === '+' : mode.startsWith('d')
  return { path: fields.get('Path') ?? '', isFolder, target: fields.get('Symbolic Link') ?? '' }
}
