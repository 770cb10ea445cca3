import { rm, writeFile } from 'node:fs/promises'
import type { CleanRefusal, Step } from './plan'
import type { CleanTools, ToolEnd } from './tools'

/** A partition of a raw disk, and a file beside it that commands are written to. */
export type ExtVolume = { disk: string; start: number; partition: number; commands: string; fileBytes: number }

export type Options = { tools: CleanTools; signal: AbortSignal }

/** e2fsck found nothing, or has mended all of it. */
const mended: readonly (number | null)[] = [0, 1]
/** debugfs says what it is before it does anything. */
const banner = /^debugfs \d/

/** Replays the journal, and mends what is broken. False where that is not possible. */
export async function mendExt(volume: ExtVolume, { tools, signal }: Options): Promise<boolean> {
  const { code } = await tools.run('e2fsck', ['-fy', deviceOf(volume)], { signal, fileBytes: volume.fileBytes })
  return mended.includes(code)
}

/** Whether there is nothing to mend; writes nothing. */
export async function isSoundExt(volume: ExtVolume, { tools, signal }: Options): Promise<boolean> {
  const { code } = await tools.run('e2fsck', ['-fn', deviceOf(volume)], { signal, fileBytes: volume.fileBytes })
  return code === 0
}

/** Deletes, empties and locks files. Nothing of the guest's runs; it stops at the first file that is not as expected. */
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
    // Its blocks are let go, and its owner and mode stay.
    return action === 'empty' ? [`punch ${name} 0`, `sif ${name} size 0`] : []
  })
  if (lines.length === 0) return null
  const complaint = await writeExt(volume, lines, options)
  const step = complaint === null ? null : steps.find(({ path }) => complaint.includes(path))
  return complaint === null ? null : { code: 'FILE_NOT_FOUND', path: step?.shown ?? steps[0]?.shown ?? '' }
}

/** A shadow file without its hashes: as `passwd -l` does, but without keeping them behind a mark. */
export function withoutHashes(text: string): string {
  return text.replaceAll(/^([^:\n]+):(?![*!])[^:\n]*:/gm, '$1:!:')
}

/** Takes the hashes out of a shadow file. */
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

/** What a command of debugfs prints, which cannot write; null where that is not all of it. */
async function readExt(volume: ExtVolume, command: string, { tools, signal }: Options): Promise<string | null> {
  const end = await tools.run('debugfs', ['-R', command, deviceOf(volume)], { signal, fileBytes: 0 })
  return isWhole(end) ? end.stdout : null
}

/**
 * What each of several commands of debugfs prints, of which it repeats every one before. They cannot write. Null where the
 * output is cut, or a command was not run.
 */
export async function readExtAll(volume: ExtVolume, commands: string[], options: Options): Promise<string[] | null> {
  const end = await runFile(volume, commands, { ...options, args: [], fileBytes: 0 })
  const printed: string[][] = []
  for (const line of end.stdout.split('\n')) {
    // A path has a slash, and no name that is printed has one: none looks like a command.
    if (line === `debugfs: ${commands[printed.length]}`) printed.push([])
    else printed.at(-1)?.push(line)
  }
  return isWhole(end) && printed.length === commands.length ? printed.map((lines) => lines.join('\n')) : null
}

/**
 * Runs commands of debugfs that write, one after the other; it goes on after one that fails. Answers the first complaint, or
 * null where all were run without one.
 */
export async function writeExt(volume: ExtVolume, lines: string[], options: Options): Promise<string | null> {
  for (let at = 0; at < lines.length; at += linesAtOnce) {
    const some = lines.slice(at, at + linesAtOnce)
    const end = await runFile(volume, some, { ...options, args: ['-w'], fileBytes: volume.fileBytes })
    const complaint = isWhole(end) ? complaintIn(end) : 'It did not say all that it did.'
    if (complaint !== null) return complaint
  }
  return null
}

/** It repeats every line, so what it prints grows with them. */
const linesAtOnce = 1_000
/** Of a longer line debugfs takes the rest for the next command. */
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

/** It ends well also after commands that failed, but not when it was ended, or did not understand a line. */
function isWhole({ code, isCut }: ToolEnd): boolean {
  return code === 0 && !isCut
}

// It goes on after an error and ends well all the same, and it repeats each command before what that says.
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
