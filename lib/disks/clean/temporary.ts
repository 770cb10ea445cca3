import { type ExtVolume, type Options, readExtAll, writeExt } from './ext'

/** Folders whose files nobody keeps. */
const folders = ['tmp', 'var/tmp'] as const
/** Most that is removed, in all and in a path. */
const entriesMax = 100_000
const pathBytesMax = 4_096
/** What debugfs lists at once, so that what it prints stays within what is kept of it. */
const foldersAtOnce = 200
/** A command file has a command in each line, and names in quotation marks. */
const unspeakable = /["\n\r\\]|\p{Cc}|\ufffd/u
const directoryBits = 0o40000

type Entry = { name: string; inode: string; isFolder: boolean }
/** `isWhole`: each line was an entry. A name with a line break makes two that are none. */
type Listing = { entries: Entry[]; isWhole: boolean }
type Found = { path: string; isFolder: boolean }
/** What lies in the folders: by depth, and the folders that stay, as something in them does. */
type Tree = { levels: Found[][]; kept: Set<string> }

/**
 * Deletes what lies in the folders for temporary files of an ext file system. The folders themselves stay, with owner and
 * mode; what has a name that no command can say stays, too, and so do the folders that it is in. Answers whether all else is
 * gone: it is not where there is more than can be listed, or the tool complains. All folders of one depth are listed by a few
 * runs of the tool.
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

/** Null where there is more than is removed, or a folder cannot be listed. */
async function listTree(volume: ExtVolume, options: Options): Promise<Tree | null> {
  const tree: Tree = { levels: [], kept: new Set() }
  // One folder may have two paths, where /var is a link.
  const seen = new Set<string>()
  let entries = 0
  for (let level: string[] = [...folders]; level.length > 0; ) {
    const listings = await listAll(volume, level, options)
    if (!listings) return null
    const found: Found[] = []
    for (const [index, folder] of level.entries()) {
      const { entries: inside, isWhole } = listings[index] ?? { entries: [], isWhole: true }
      const inode = inside.find(({ name }) => name === '.')?.inode
      // A system may lack /var/tmp, but a folder that was listed is there.
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

/** What `ls -p` lists: `/inode/mode/uid/gid/name/size/`, where the mode is octal, and a folder has no size. */
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
