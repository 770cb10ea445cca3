import { type ExtVolume, type Options, readExtAll, writeExt } from './ext'

/** Folders whose files nobody keeps. */
const folders = ['tmp', 'var/tmp'] as const
/** Most that is removed: a guest with more keeps the rest. */
const entriesMax = 20_000
const depthMax = 16
/** A command file has a command in each line, and names in quotation marks. */
const unspeakable = /["\n\r\\]|\p{Cc}|\ufffd/u
const directoryBits = 0o40000

/**
 * Deletes what lies in the folders for temporary files of an ext file system. The folders themselves stay, with owner and
 * mode; what has a name that no command can say stays, too, and so does the folder that it is in. All folders of one depth are
 * listed by one run of the tool.
 */
export async function removeTemporary(volume: ExtVolume, options: Options): Promise<void> {
  const removals: string[][] = []
  let level: string[] = [...folders]
  let entries = 0
  for (let depth = 0; depth <= depthMax && level.length > 0; depth += 1) {
    const listings = await readExtAll(
      volume,
      level.map((folder) => `ls -p "/${folder}"`),
      options,
    )
    const found = level.flatMap((folder, index) =>
      entriesOf(listings[index] ?? '').map(({ name, isFolder }) => ({ path: `${folder}/${name}`, isFolder })),
    )
    const kept = found.slice(0, entriesMax - entries)
    entries += kept.length
    // A folder that still holds something is left as it is.
    removals.push(kept.map(({ path, isFolder }) => `${isFolder ? 'rmdir' : 'rm'} "/${path}"`))
    level = kept.flatMap(({ path, isFolder }) => (isFolder ? [path] : []))
  }
  const deepestFirst = removals.toReversed().flat()
  if (deepestFirst.length > 0) await writeExt(volume, deepestFirst, options)
}

/** What `ls -p` lists: `/inode/mode/uid/gid/name/size/`, where the mode is octal. */
function entriesOf(listing: string): { name: string; isFolder: boolean }[] {
  return listing.split('\n').flatMap((line) => {
    const [, inode, mode, , , name = ''] = line.split('/')
    if (!inode || inode === '0' || !mode || name === '.' || name === '..' || name === '') return []
    const isFolder = (Number.parseInt(mode, 8) & 0o170000) === directoryBits
    return unspeakable.test(name) ? [] : [{ name, isFolder }]
  })
}
