import { type ExtVolume, type Options, readExtAll, writeExt } from './ext'

const folders = ['tmp', 'var/tmp'] as const
/** Maximum number of removed entries, and maximum length of a path. */
const entriesMax = 100_000
const pathBytesMax = 4_096
/** Folders listed in one run, so that the output of debugfs stays below its limit. */
const foldersAtOnce = 200
/** Not allowed in a debugfs command file, which has a command on each line and names in double quotes. */
const unspeakable = /["\n\r\\]|\p{Cc}|\ufffd/u
const directoryBits = 0o40000

type Entry = { name: string; inode: string; isFolder: boolean }
/** `isWhole`: each line was an entry. A name with a line break gives two lines that are not. */
type Listing = { entries: Entry[]; isWhole: boolean }
type Found = { path: string; isFolder: boolean }
/** The contents of the folders by depth, and the folders that must stay because something in them does. */
type Tree = { levels: Found[][]; kept: Set<string> }

/**
 * Deletes the contents of an ext file system's temporary folders. The folders themselves keep owner and mode. Entries whose name cannot
 * be written in a command stay, with the folders around them. Returns whether everything else is gone; false if there are more entries
 * than the limit, or debugfs reports an error. A few runs list all folders of one depth.
 */
export async function removeTemporary(volume: ExtVolume, options: Options): Promise<boolean> {
  const tree = await listTree(volume, options)
  if (!tree) return false
  const deepestFirst = tree.levels
    .toReversed()
    .flat()
    .filter(({ path }) => !tree.kept.has(path))
  const removals = deepestFirst.map(({ path, isFolder }) => `${isFolder ? 'rmdir' : 'rm'} "/${path}"`)
  return (await writeExt(volume, removals, options)) === null
}

/** Null if there are more entries than the limit, or a folder cannot be listed. */
async function listTree(volume: ExtVolume, options: Options): Promise<Tree | null> {
  const tree: Tree = { levels: [], kept: new Set() }
  // A folder may have two paths if /var is a link.
  const seen = new Set<string>()
  let entries = 0
  for (let level: string[] = [...folders]; level.length > 0; ) {
    const listings = await listAll(volume, level, options)
    if (!listings) return null
    const found: Found[] = []
    for (const [index, folder] of level.entries()) {
      const { entries: inside, isWhole } = listings[index] ?? { entries: [], isWhole: true }
      const inode = inside.find(({ name }) => name === '.')?.inode
      // A system may lack /var/tmp, but a listed folder exists.
      if (!inode && tree.levels.length > 0) return null
      if (!inode || seen.has(inode)) continue
      seen.add(inode)
      if (!isWhole) keepAbove(tree, folder)
      for (const { name, isFolder } of inside) {
        if (name === '.' || name === '..') continue
        if (unspeakable.test(name)) keepAbove(tree, folder)
        else found.push({ path: `${folder}/${name}`, isFolder })
      }
    }
    entries += found.length
    if (entries > entriesMax || found.some(({ path }) => Buffer.byteLength(path) > pathBytesMax)) return null
    tree.levels.push(found)
    level = found.flatMap(({ path, isFolder }) => (isFolder ? [path] : []))
  }
  return tree
}

function keepAbove({ kept }: Tree, folder: string): void {
  for (let path = folder; path !== '' && !kept.has(path); path = path.slice(0, Math.max(0, path.lastIndexOf('/'))))
    kept.add(path)
}

async function listAll(volume: ExtVolume, paths: string[], options: Options): Promise<Listing[] | null> {
  const all: Listing[] = []
  for (let at = 0; at < paths.length; at += foldersAtOnce) {
    const commands = paths.slice(at, at + foldersAtOnce).map((path) => `ls -p "/${path}"`)
    const listings = await readExtAll(volume, commands, options)
    if (!listings) return null
    for (const listing of listings) all.push(entriesOf(listing))
  }
  return all
}

/** A line of `ls -p`: `/inode/mode/uid/gid/name/size/`, where the mode is octal, and a folder has no size. */
const entry = /^\/(\d+)\/(\d+)\/\d+\/\d+\/([^/]*)\/\d*\/$/

function entriesOf(listing: string): Listing {
  const lines = listing.split('\n').filter((line) => line.trim() !== '')
  const matches = lines.map((line) => entry.exec(line))
  const entries = matches.flatMap((match) => {
    const [, inode = '0', mode = '', name = ''] = match ?? []
    if (inode === '0' || name === '') return []
    return [{ name, inode, isFolder: (Number.parseInt(mode, 8) & 0o170000) === directoryBits }]
  })
  return { entries, isWhole: matches.every((match) => match !== null) }
}
