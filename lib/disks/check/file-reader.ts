import { type OnContents, readFiles, type Wanted } from './contents'
import { type ListedFile, listFiles, type Volume } from './file-list'

/** Access to the files of one file system, by 7-Zip or a machine. */
export type FileReader = {
  /** Lists the files in the best order for reading and returns their number; null if it is not a file system of this kind. */
  list: (onFile: (file: ListedFile) => void) => Promise<{ files: number; isDamaged: boolean } | null>
  /** Reads files into memory. Returns how many could not be read, and whether because of damage. */
  read: <File extends Wanted>(
    files: readonly File[],
    onContents: OnContents<File>,
  ) => Promise<{ unread: number; isDamaged: boolean }>
}

/** Reads files with 7-Zip. */
export function sevenZipReader(volume: Volume): FileReader {
  return {
    list: async (onFile) => await listFiles(volume, onFile),
    read: async (files, onContents) => await readFiles(volume, files, onContents),
  }
}
