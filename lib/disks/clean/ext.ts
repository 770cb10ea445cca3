import { rm, writeFile } from 'node:fs/promises'
import type { CleanRefusal, Step } from './plan'
import type { CleanTools, ToolEnd } from './tools'

/** A partition of a raw disk, and a file for debugfs commands. */
export type ExtVolume = { disk: string; start: number; partition: number; commands: string; fileBytes: number }

export type Options = { tools: CleanTools; signal: AbortSignal }

/** e2fsck found nothing, or repaired everything. */
const mended: readonly (number | null)[] = [0, 1]
/** debugfs prints its version first. */
const banner = /^debugfs \d/

/** Replays the journal and repairs the file system. False if that fails. */
export async function mendExt(volume: ExtVolume, { tools, signal }: Options): Promise<boolean> {
  const { code } = await tools.run('e2fsck', ['-fy', deviceOf(volume)], { signal, fileBytes: volume.fileBytes })
  return mended.includes(code)
}

/** Whether e2fsck finds nothing to repair; writes nothing. */
export async function isSoundExt(volume: ExtVolume, { tools, signal }: Options): Promise<boolean> {
  const { code } = await tools.run('e2fsck', ['-fn', deviceOf(volume)], { signal, fileBytes: volume.fileBytes })
  return code === 0
}

/** Deletes, empties and locks files. Runs no code of the guest. Returns the refusal for the first file that is not as expected. */
export async function applySteps(
  volume: ExtVolume,
  steps: readonly Step[],
  options: Options,
): Promise<CleanRefusal | null> {
  for (const step of steps.filter(({ action }) => action === 'lock')) {
    const refusal = await lockLogins(volume, step, options)
    if (refusal) return refusal
  }
  const lines = steps.flatMap(({ path, action }) => {
    const name = `"/${path}"`
    if (action === 'delete') return [`rm ${name}`]
    // Frees its blocks; its owner and mode stay.
    return action === 'empty' ? [`punch ${name} 0`, `sif ${name} size 0`] : []
  })
  if (lines.length === 0) return null
  const complaint = await writeExt(volume, lines, options)
  const step = complaint === null ? null : steps.find(({ path }) => complaint.includes(path))
  return complaint === null ? null : { code: 'FILE_NOT_FOUND', path: step?.shown ?? steps[0]?.shown ?? '' }
}

/** A shadow file without hashes: like `passwd -l`, but `!` replaces the hash and does not precede it. */
export function withoutHashes(text: string): string {
  return text.replaceAll(/^([^:\n]+):(?![*!])[^:\n]*:/gm, '$1:!:')
}

/** Removes the hashes from a shadow file. */
async function lockLogins(volume: ExtVolume, { path, shown }: Step, options: Options): Promise<CleanRefusal | null> {
  const missing: CleanRefusal = { code: 'FILE_NOT_FOUND', path: shown }
  const stat = await readExt(volume, `stat "/${path}"`, options)
  const text = await readExt(volume, `cat "/${path}"`, options)
  if (stat === null || text === null) return missing
  const [, mode] = /Mode:\s+0?(\d+)/.exec(stat) ?? []
  const [, user, group] = /User:\s+(\d+)\s+Group:\s+(\d+)/.exec(stat) ?? []
  if (!mode || !user || !group) return missing
  const locked = withoutHashes(text)
  const contents = `${volume.commands}.new`
  try {
    await writeFile(contents, locked, { mode: 0o600 })
    const name = `"/${path}"`
    const set = [`sif ${name} mode 0100${mode}`, `sif ${name} uid ${user}`, `sif ${name} gid ${group}`]
    const complaint = await writeExt(volume, [`rm ${name}`, `write ${contents} ${name}`, ...set], options)
    return complaint === null ? null : missing
  } finally {
    await rm(contents, { force: true })
  }
}

/** The output of a read-only debugfs command; null if it is incomplete. */
async function readExt(volume: ExtVolume, command: string, { tools, signal }: Options): Promise<string | null> {
  const end = await tools.run('debugfs', ['-R', command, deviceOf(volume)], { signal, fileBytes: 0 })
  return isWhole(end) ? end.stdout : null
}

/**
 * The output of each of several read-only debugfs commands, split where debugfs echoes them. Null if the output is cut or a command was
 * not run.
 */
export async function readExtAll(volume: ExtVolume, commands: string[], options: Options): Promise<string[] | null> {
  const end = await runFile(volume, commands, { ...options, args: [], fileBytes: 0 })
  const printed: string[][] = []
  for (const line of end.stdout.split('\n')) {
    // Paths contain a slash, and printed names do not, so no name looks like an echoed command.
    if (line === `debugfs: ${commands[printed.length]}`) printed.push([])
    else printed.at(-1)?.push(line)
  }
  return isWhole(end) && printed.length === commands.length ? printed.map((lines) => lines.join('\n')) : null
}

/** Runs debugfs commands that write. It continues after a failed one. Returns the first error message, or null if all succeeded. */
export async function writeExt(volume: ExtVolume, lines: string[], options: Options): Promise<string | null> {
  for (let at = 0; at < lines.length; at += linesAtOnce) {
    const some = lines.slice(at, at + linesAtOnce)
    const end = await runFile(volume, some, { ...options, args: ['-w'], fileBytes: volume.fileBytes })
    const complaint = isWhole(end) ? complaintIn(end) : 'It did not say all that it did.'
    if (complaint !== null) return complaint
  }
  return null
}

/** debugfs echoes every line, so its output grows with them. */
const linesAtOnce = 1_000
/** debugfs takes the rest of a longer line as another command. */
const lineBytesMax = 8_190

async function runFile(
  volume: ExtVolume,
  lines: string[],
  { tools, signal, args, fileBytes }: Options & { args: string[]; fileBytes: number },
): Promise<ToolEnd> {
  if (lines.some((line) => Buffer.byteLength(line) > lineBytesMax))
    throw new Error('A command is too long for debugfs.')
  await writeFile(volume.commands, `${lines.join('\n')}\n`, { mode: 0o600 })
  return await tools.run('debugfs', [...args, '-f', volume.commands, deviceOf(volume)], { signal, fileBytes })
}

/** debugfs exits with 0 even after failed commands, but not if it was killed or could not parse a line. */
function isWhole({ code, isCut }: ToolEnd): boolean {
  return code === 0 && !isCut
}

// debugfs continues after an error and exits with 0; it echoes each command before its messages.
function complaintIn({ stderr, stdout }: ToolEnd): string | null {
  const said = `${stderr}\n${stdout}`.split('\n').map((line) => line.trim())
  const commands = /^debugfs: +(?:rm|rmdir|punch|sif|write) /
  return (
    said.find(
      (line) => line !== '' && !banner.test(line) && !commands.test(line) && !/^Allocated inode: \d+$/.test(line),
    ) ?? null
  )
}

function deviceOf({ disk, start }: ExtVolume): string {
  return `${disk}?offset=${start}`
}
