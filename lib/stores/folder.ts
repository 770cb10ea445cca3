import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { open, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { checkByWriting } from './check'
import { ChecksumMismatch, sha256Of } from './checksum'
import type { PutOptions, Store, StoredObject, StoredState } from './contract'
import { folderError, makeFolder, renameDurably, syncFolder, writeDurably } from './durable'
import { NotStored, StoreFull, WrongSize } from './errors'
import { copyByKernel, KernelCopyFailed, kernelCopyBytesMin } from './kernel-copy'
import { isKey, partEnding, requireKey } from './key'
import { type Place, requireRoomIn, watchRoom, whileRoom } from './room'
import type { FolderSettings } from './settings'
import { readSource } from './source'

/** Larger buffers are newly mapped for each read: copies of 1 GiB took up to twice as long. */
const readAtOnce = 2 ** 18

type FileOptions = PutOptions & { sha256: string | null }

/** A store in a local folder: one file per key, plus one per attempt to write it. */
export class FolderStore implements Store {
  readonly local: Place

  constructor(private readonly settings: FolderSettings & Place) {
    this.local = settings
  }

  async put(key: string, bytes: Readable, options: PutOptions): Promise<void> {
    const { size, signal, onProgress } = options
    const file = this.fileOf(key)
    const part = newPart(file)
    const source = readSource(bytes, { size: { exactly: size }, signal, onProgress })
    try {
      await this.requireRoom(size)
      await writeDurably(part, whileRoom(this.settings, source.chunks))
      await renameDurably(part, file)
    } catch (error) {
      await rm(part, { force: true }).catch(() => {})
      throw source.failure() ?? this.meaning(error)
    } finally {
      source.end()
    }
  }

  async take(key: string, file: string, options: PutOptions): Promise<void> {
    const target = this.fileOf(key)
    options.signal?.throwIfAborted()
    const size = await finishFile(file)
    if (size !== options.size) throw new WrongSize(size, options.size)
    if (!(await this.move(file, target))) {
      const isDone = await this.putFile(key, file, { ...options, sha256: null })
      if (!isDone) await this.put(key, createReadStream(file, { highWaterMark: readAtOnce }), options)
      await rm(file)
    }
    options.onProgress?.(size)
  }

  /** Lets the kernel copy a file. Throws `ChecksumMismatch`; returns false if the kernel cannot copy it. */
  async putFile(key: string, file: string, options: FileOptions): Promise<boolean> {
    if (options.size < kernelCopyBytesMin) return false
    options.signal?.throwIfAborted()
    const target = this.fileOf(key)
    const part = newPart(target)
    try {
      await this.requireRoom(options.size)
      await this.copyInto(part, file, options)
      await renameDurably(part, target)
      return true
    } catch (error) {
      await rm(part, { force: true }).catch(() => {})
      const meant = this.meaning(error)
      if (error instanceof KernelCopyFailed && !(meant instanceof StoreFull)) return false
      throw meant
    }
  }

  async read(key: string, range?: { start: number; end: number }): Promise<Readable> {
    const file = this.fileOf(key)
    const part = range && { start: range.start, end: range.end - 1 }
    try {
      if (range && range.start >= range.end) return await nothingOf(file)
      // Not from a FileHandle, whose streams take twice as long.
      const stream = createReadStream(file, { highWaterMark: readAtOnce, ...part })
      await once(stream, 'open')
      return stream
    } catch (error) {
      throw (await this.isThereWithout(error)) ? new NotStored(key) : this.meaning(error)
    }
  }

  async stat(key: string): Promise<StoredState | null> {
    try {
      const { size, mtime, ctimeNs, ino } = await statExactly(this.fileOf(key))
      // ctime, which no program can set back, unlike mtime.
      return { size, modifiedAt: mtime, version: `${ino} ${ctimeNs} ${size}` }
    } catch (error) {
      if (await this.isThereWithout(error)) return null
      throw this.meaning(error)
    }
  }

  async deleteUnfinished(key: string, part?: string): Promise<void> {
    requireKey(key)
    try {
      const isMeant = (name: string) => isPart(name) && keyOf(name) === key && (part === undefined || name === part)
      const parts = (await this.names()).filter(isMeant)
      for (const name of parts) await rm(path.join(this.settings.folder, name), { force: true })
    } catch (error) {
      throw this.meaning(error)
    }
  }

  async delete(key: string): Promise<void> {
    const file = this.fileOf(key)
    await this.deleteUnfinished(key)
    try {
      await rm(file, { force: true })
      await syncFolder(this.settings.folder).catch(ignoreMissing)
    } catch (error) {
      throw this.meaning(error)
    }
  }

  async *list(): AsyncGenerator<StoredObject> {
    for (const name of await this.names()) {
      const key = keyOf(name)
      if (!isKey(key)) continue
      // It was deleted meanwhile.
      const found = await stat(path.join(this.settings.folder, name)).catch(ignoreMissing)
      if (!found?.isFile()) continue
      const object = { key, size: found.size, modifiedAt: found.mtime }
      yield isPart(name) ? { ...object, isPartial: true, part: name } : { ...object, isPartial: false }
    }
  }

  async requireRoom(bytes: number): Promise<void> {
    try {
      if (this.settings.isOurs) await makeFolder(this.settings.folder)
      await requireRoomIn(this.settings, bytes)
    } catch (error) {
      throw this.meaning(error)
    }
  }

  async check(): Promise<void> {
    await checkByWriting(this)
  }

  fileOf(key: string): string {
    return path.join(this.settings.folder, requireKey(key))
  }

  private async copyInto(part: string, file: string, { size, sha256, signal, onProgress }: FileOptions): Promise<void> {
    await open(part, 'wx', 0o600).then((made) => made.close())
    const room = watchRoom(this.settings)
    const stop = signal ? AbortSignal.any([signal, room.signal]) : room.signal
    const copying = copyByKernel({ from: file, to: part, isHashed: sha256 !== null, signal: stop, onProgress })
    const found = await copying.finally(room.end)
    const arrived = (await stat(part)).size
    if (arrived !== size) throw new WrongSize(arrived, size)
    if (sha256 === null || found === sha256) return
    // Some file systems set the size of a copy before its bytes, so the hash may have read zeros.
    const again = createReadStream(part, { highWaterMark: 2 ** 20 })
    if ((await sha256Of(again, { signal: signal ?? null })) !== sha256) throw new ChecksumMismatch()
  }

  private async names(): Promise<string[]> {
    try {
      return await readdir(this.settings.folder)
    } catch (error) {
      if (await this.isThereWithout(error)) return []
      throw this.meaning(error)
    }
  }

  private async isThereWithout(error: unknown): Promise<boolean> {
    if (!isErrnoCode(error, 'ENOENT')) return false
    if (this.settings.isOurs) return true
    return await stat(this.settings.folder).then(
      (found) => found.isDirectory(),
      () => false,
    )
  }

  /** Moves a file without copying it; returns false across file systems. */
  private async move(file: string, target: string): Promise<boolean> {
    try {
      if (this.settings.isOurs) await makeFolder(this.settings.folder)
      await renameDurably(file, target)
      return true
    } catch (error) {
      if (isErrnoCode(error, 'EXDEV')) return false
      throw this.meaning(error)
    }
  }

  private meaning(error: unknown): unknown {
    return folderError(error, this.settings.folder)
  }
}

function newPart(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}${partEnding}`
}

async function nothingOf(file: string): Promise<Readable> {
  await stat(file)
  return Readable.from([])
}

async function finishFile(file: string): Promise<number> {
  const handle = await open(file)
  try {
    await handle.chmod(0o600)
    await handle.sync()
    return (await handle.stat()).size
  } finally {
    await handle.close()
  }
}

function isPart(name: string): boolean {
  return name.endsWith(partEnding)
}

async function statExactly(file: string) {
  const { size, mtime, ctimeNs, ino } = await stat(file, { bigint: true })
  return { size: Number(size), mtime, ctimeNs, ino }
}

function keyOf(name: string): string {
  return isPart(name) ? name.slice(0, -partEnding.length).replace(/\.[0-9a-f]{12}$/, '') : name
}

function ignoreMissing(error: unknown): undefined {
  if (!isErrnoCode(error, 'ENOENT')) throw error
}
