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

/** The record of a saved machine. The user id is left out, since each host assigns its own. */
export const savedRecord = built.omit({ uid: true })
export type SavedRecord = z.infer<typeof savedRecord>

/** The files of a machine that cannot be recreated. A machine has exactly these. */
export function filesOf({ hasSeed, bootMode }: SavedRecord): string[] {
  return ['disk.qcow2', ...(hasSeed ? ['seed.img'] : []), ...(bootMode === 'UEFI' ? ['variables.fd'] : [])]
}

/**
 * The folders of one machine. `machine` belongs to the machine's own user, so nothing in it is trusted: it is created, moved or removed
 * as a whole, and read without following links. `keeper` belongs to the console alone.
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

  /** Name of the lock that only its keeper holds. */
  get lock(): string {
    return createHash('sha256').update(this.folder).digest('hex')
  }

  /** Null if nothing is built. Throws `Unreadable`. */
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

  /** The same for a saved machine. The keeper's folder is emptied, because it describes the previous disk. */
  async finishSaved(record: SavedRecord, uid: number): Promise<void> {
    await this.putInPlace({ ...record, uid }, async () => {
      await rm(this.keeper, { recursive: true, force: true })
      await mkdir(this.keeper, { mode: 0o700 })
    })
  }

  /** The disk comes first and the record last, so an interrupted build is repeated. */
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

  /** Whether its last start was with a network; null before the first start and after one was called off. */
  async hasNetwork(): Promise<boolean | null> {
    try {
      const spec = await readFile(path.join(this.keeper, 'spec.json'), 'utf8')
      return withNetwork.parse(JSON.parse(spec)).network !== null
    } catch {
      return null
    }
  }

  /** Calls off a start: a keeper that has not come up yet finds no specification and exits. */
  async callOff(): Promise<void> {
    await rm(path.join(this.keeper, 'spec.json'), { force: true })
  }

  /** Opens a file that the machine's own user made, without following links, and only if that user owns it. Null if there is none. */
  async openFromMachine(name: string, uid: number): Promise<FileHandle | null> {
    // Without O_NONBLOCK, opening a pipe would block.
    const how = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const handle = await open(path.join(/* turbopackIgnore: true */ this.machine, name), how).catch((error) => {
      // Missing, a link, or a socket.
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

  /** The contents of such a file, if it is at most `most` bytes long. */
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

/** The ids of the machines in this folder. */
export async function machineIds(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error) => {
    if (isErrnoCode(error, 'ENOENT')) return []
    throw error
  })
  return entries.filter((entry) => entry.isDirectory() && entry.name.startsWith('ins-')).map(({ name }) => name)
}

/** The first user id from `first` on that no machine here has. */
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
