import { type OnContents, readFiles, type Wanted } from './contents'
import { type ListedFile, listFiles, type Volume } from './file-list'

/** The files of one file system, by whatever reads them. */
export type FileReader = {
  /** Lists the files, in the order in which they are best read, and answers their number. Null: it is no such file system. */
  list: (onFile: (file: ListedFile) => void) => Promise<{ files: number; isDamaged: boolean } | null>
  /** Reads files into memory. Answers how many could not be read, and whether that was by a damage. */
  read: <File extends Wanted>(
    files: readonly File[],
    onContents: OnContents<File>,
  ) => Promise<{ unread: number; isDamaged: boolean }>
}

/** The files that 7-Zip can list. */
export function sevenZipReader(volume: Volume): FileReader {
  return {
    list: async (onFile) => await listFiles(volume, onFile),
    read: async (files, onContents) => await readFiles(volume, files, onContents),
  }
}
