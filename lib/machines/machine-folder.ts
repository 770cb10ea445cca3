import { createHash, randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { Unreadable } from './errors'
import type { MachineBuild } from './machine'

const idPattern = /^[a-z][a-z0-9-]{2,40}$/

const built = z.object({
  build: z.string(),
  uid: z.number().int(),
  diskBytes: z.number(),
  bootMode: z.enum(['BIOS', 'UEFI']),
  hasSeed: z.boolean(),
  base: z.object({
    regionId: z.string(),
    key: z.string(),
    sha256: z.string(),
    size: z.number(),
    format: z.enum(['qcow2', 'raw']),
    virtualSize: z.number(),
  }),
})

const withNetwork = z.object({ network: z.unknown().default(null) })

export type Built = z.infer<typeof built>

/** The record of a machine that was saved. Each place gives it a user id of its own. */
export const savedRecord = built.omit({ uid: true })
export type SavedRecord = z.infer<typeof savedRecord>

/** The files of a machine that cannot be made again. A machine has all of these and no others. */
export function filesOf({ hasSeed, bootMode }: SavedRecord): string[] {
  return ['disk.qcow2', ...(hasSeed ? ['seed.img'] : []), ...(bootMode === 'UEFI' ? ['variables.fd'] : [])]
}

/**
 * The folders of one machine. `machine` belongs to its own user, so nothing in it is trusted: it is created, moved or
 * removed as a whole, and read without following links. `keeper` belongs to the console alone.
 */
export class MachineFolder {
  readonly folder: string
  readonly machine: string
  readonly keeper: string

  constructor(root: string, id: string) {
    if (!idPattern.test(id)) throw new Error(`${JSON.stringify(id)} is no id of a machine.`)
    this.folder = path.join(root, id)
    this.machine = path.join(this.folder, 'machine')
    this.keeper = path.join(this.folder, 'keeper')
  }

  /** The name of the lock that only its keeper holds. */
  get lock(): string {
    return createHash('sha256').update(this.folder).digest('hex')
  }

  /** Null where nothing is built. Throws `Unreadable`. */
  async built(): Promise<Built | null> {
    try {
      return built.parse(JSON.parse(await readFile(path.join(this.folder, 'built.json'), 'utf8')))
    } catch (error) {
      if (isErrnoCode(error, 'ENOENT')) return null
      throw new Unreadable(`The record of ${path.basename(this.folder)} (built.json) cannot be read.`, { cause: error })
    }
  }

  async begin(): Promise<string> {
    const next = path.join(this.folder, 'machine.new')
    await rm(next, { recursive: true, force: true })
    await mkdir(this.keeper, { recursive: true, mode: 0o700 })
    await mkdir(next, { mode: 0o700 })
    return next
  }

  async finish(build: MachineBuild, uid: number): Promise<void> {
    const { login, ...rest } = build
    await this.putInPlace({ ...rest, uid, hasSeed: login !== null })
  }

  /** The same with a machine that was saved. What the keeper knows is about the disk that was here before. */
  async finishSaved(record: SavedRecord, uid: number): Promise<void> {
    await this.putInPlace({ ...record, uid }, async () => {
      await rm(this.keeper, { recursive: true, force: true })
      await mkdir(this.keeper, { mode: 0o700 })
    })
  }

  /** The disk first and the record last: an interrupted build is repeated. */
  private async putInPlace(record: Built, forget = async () => {}): Promise<void> {
    const file = path.join(this.folder, 'built.json')
    await rm(file, { force: true })
    await forget()
    await rm(this.machine, { recursive: true, force: true })
    await rename(path.join(this.folder, 'machine.new'), this.machine)
    await this.writeOwn('built.json', record)
  }

  async writeSpec(spec: object): Promise<void> {
    await this.writeOwn('keeper/spec.json', spec)
  }

  /** Whether its last start was with a network; null once that was called off, and before the first. */
  async hasNetwork(): Promise<boolean | null> {
    try {
      const spec = await readFile(path.join(this.keeper, 'spec.json'), 'utf8')
      return withNetwork.parse(JSON.parse(spec)).network !== null
    } catch {
      return null
    }
  }

  /** A keeper that has not come up yet finds that it is not wanted. */
  async callOff(): Promise<void> {
    await rm(path.join(this.keeper, 'spec.json'), { force: true })
  }

  /** Opens a file that the machine's own user made: never by a link, and only if it is that user's. Null if there is none. */
  async openFromMachine(name: string, uid: number): Promise<FileHandle | null> {
    // A pipe in its place would be waited for.
    const how = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const handle = await open(path.join(/* turbopackIgnore: true */ this.machine, name), how).catch((error) => {
      // Nothing, a link, or a socket.
      if (['ENOENT', 'ELOOP', 'ENXIO'].some((code) => isErrnoCode(error, code))) return null
      throw error
    })
    try {
      const found = await handle?.stat()
      if (found?.isFile() && found.uid === uid) return handle
    } catch (error) {
      await handle?.close()
      throw error
    }
    await handle?.close()
    return null
  }

  /** The bytes of such a file, if it has no more than `most`. */
  async readFromMachine(name: string, uid: number, most: number): Promise<Buffer | null> {
    const handle = await this.openFromMachine(name, uid)
    try {
      return handle && (await handle.stat()).size <= most ? await handle.readFile() : null
    } finally {
      await handle?.close()
    }
  }

  async changedAt(): Promise<Date> {
    const found = await stat(this.folder).catch(() => null)
    return found?.mtime ?? new Date(0)
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  private async writeOwn(name: string, value: object): Promise<void> {
    const file = path.join(this.folder, name)
    const next = `${file}.${randomUUID()}`
    await writeFile(next, JSON.stringify(value), { mode: 0o600, flush: true })
    await rename(next, file)
  }
}

/** The ids that have a folder here. */
export async function machineIds(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error) => {
    if (isErrnoCode(error, 'ENOENT')) return []
    throw error
  })
  return entries.filter((entry) => entry.isDirectory() && entry.name.startsWith('ins-')).map(({ name }) => name)
}

/** Which of the user ids from `first` on no machine here has. */
export async function freeUid(root: string, first: number): Promise<number> {
  const taken = new Set<number>()
  for (const id of await machineIds(root)) {
    const found = await lstat(new MachineFolder(root, id).machine).catch((error) => {
      if (isErrnoCode(error, 'ENOENT')) return null
      throw error
    })
    if (found) taken.add(found.uid)
  }
  let uid = first
  while (taken.has(uid)) uid++
  return uid
}
