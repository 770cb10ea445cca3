import { type ExtVolume, type Options, readExt, writeExt } from './ext'

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
 * mode; what has a name that no command can say stays, too, and so does the folder that it is in.
 */
export async function removeTemporary(volume: ExtVolume, options: Options): Promise<void> {
  const commands: string[] = []
  for (const folder of folders) await listCommands({ volume, options, commands }, folder, 0)
  if (commands.length > 0) await writeExt(volume, commands, options)
}

type Walk = { volume: ExtVolume; options: Options; commands: string[] }

/** Adds the commands that remove what is in a folder, the deepest first. */
async function listCommands(walk: Walk, folder: string, depth: number): Promise<void> {
  if (depth > depthMax) return
  for (const { name, isFolder } of entriesOf(await readExt(walk.volume, `ls -p "/${folder}"`, walk.options))) {
    if (walk.commands.length >= entriesMax) return
    const path = `${folder}/${name}`
    if (isFolder) await listCommands(walk, path, depth + 1)
    // A folder that still holds something is left as it is.
    walk.commands.push(`${isFolder ? 'rmdir' : 'rm'} "/${path}"`)
  }
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
