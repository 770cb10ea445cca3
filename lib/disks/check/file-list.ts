import type { Blocks } from '../guest/blocks'
import type { ArchiveType } from '../guest/file-systems/found'
import { createBlockReader, isFile, TooManyFiles } from '../guest/listing'
import { partPath, type SevenZipRun } from '../guest/seven-zip'

/** Runs 7-Zip in a fresh instance and returns its exit code. */
export type Run = (run: SevenZipRun) => Promise<number>
/** A file system to read: its bytes, 7-Zip's name of its format, and the maximum number of its files. */
export type Volume = { part: Blocks; archive: ArchiveType; run: Run; filesMax: number }
/**
 * A listed file. A link has no contents of its own. `systemPath` is its path in the running system, which differs from `path`, the one
 * from the root of its volume, for subvolumes.
 */
export type ListedFile = { path: string; systemPath: string; size: number; isLink: boolean }

/** 7-Zip found nothing wrong, or gave warnings only. */
export const goodCodes: readonly number[] = [0, 1]

/**
 * Lists the files of a volume in the order in which 7-Zip reads them. Returns their number, or null if 7-Zip does not recognise the
 * volume. `isDamaged`: it complained, so there may be more files. Throws `TooManyFiles`, and whatever `onFile` throws.
 */
export async function listFiles(
  { part, archive, run, filesMax }: Volume,
  onFile: (file: ListedFile) => void,
): Promise<{ files: number; isDamaged: boolean } | null> {
  let files = 0
  let isKnown = false
  const reader = createBlockReader(
    () => {
      isKnown = true
    },
    (fields) => {
      if (!isFile(fields)) return
      files += 1
      if (files > filesMax) throw new TooManyFiles()
      onFile(fileOf(fields))
    },
  )
  const code = await run({ part, args: ['l', '-slt', `-t${archive}`, partPath], onOutput: reader.hear })
  reader.end()
  return isKnown ? { files, isDamaged: !goodCodes.includes(code) } : null
}

function fileOf(fields: Map<string, string>): ListedFile {
  const mode = fields.get('Mode') ?? ''
  const isLink = Boolean(fields.get('Symbolic Link')) || (mode !== '' && !mode.startsWith('-'))
  const path = fields.get('Path') ?? ''
  return { path, systemPath: path, size: Number(fields.get('Size')) || 0, isLink }
}
