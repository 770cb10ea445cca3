import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { isErrnoCode } from '@/lib/embedded/data-folder'
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

export type Built = z.infer<typeof built>

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

  async built(): Promise<Built | null> {
    try {
      return built.parse(JSON.parse(await readFile(path.join(this.folder, 'built.json'), 'utf8')))
    } catch (error) {
      if (isErrnoCode(error, 'ENOENT')) return null
      throw error
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

  /**
   * The same with the record of a machine that was saved. Throws unless it is one. What its keeper knows is of the disk that was
   * here before.
   */
  async finishSaved(record: unknown, uid: number): Promise<void> {
    const saved = { ...built.omit({ uid: true }).parse(record), uid }
    await this.putInPlace(saved, async () => {
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

  /** A keeper that has not come up yet finds that it is not wanted. */
  async callOff(): Promise<void> {
    await rm(path.join(this.keeper, 'spec.json'), { force: true })
  }

  /** A file that the machine's own user made: never by a link, and only if it is that user's. */
  async readFromMachine(name: string, uid: number, most: number): Promise<Buffer | null> {
    // A pipe in its place would be waited for.
    const how = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const handle = await open(path.join(this.machine, name), how).catch(() => null)
    if (!handle) return null
    try {
      const found = await handle.stat()
      if (!found.isFile() || found.uid !== uid || found.size > most) return null
      return await handle.readFile()
    } finally {
      await handle.close()
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
    const found = await new MachineFolder(root, id).built()
    if (found) taken.add(found.uid)
  }
  let uid = first
  while (taken.has(uid)) uid++
  return uid
}
