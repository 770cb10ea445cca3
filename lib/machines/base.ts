import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { expectSha256 } from '@/lib/stores/checksum'
import { NotStored, WrongSize } from '@/lib/stores/errors'
import { type Place, requireRoomIn } from '@/lib/stores/room'
import { storeOf } from '@/lib/stores/store'
import type { MachineBase } from './machine'

type BytesOf = Pick<MachineBase, 'regionId' | 'key'>

const partial = /\.[0-9a-f-]{36}\.part$/

/** A running download: the number of its waiters, and the bytes still to be written. */
type Download = { done: Promise<void>; stop: AbortController; waiting: number; left: number }

/** Image bytes on this host. Those of a folder store are used in place; those of a bucket are downloaded. */
export class BaseCache {
  private readonly downloads = new Map<string, Download>()

  constructor(private readonly place: Place) {}

  fileOf({ regionId, key }: BytesOf): string {
    const { local } = storeOf(regionId)
    return local ? path.join(local.folder, key) : path.join(this.place.folder, regionId, key)
  }

  /**
   * Brings the bytes to this host, once for all machines that start from them. A call during a download waits for that one, which is
   * aborted when nobody waits any more. Throws `StoreFull` if they do not fit beside the running downloads, `ChecksumMismatch` and
   * `WrongSize` if other bytes arrive, and the other errors of stores.
   */
  async fetch(base: MachineBase, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const file = this.fileOf(base)
    if ((await sizeOf(file)) === base.size) return
    if (storeOf(base.regionId).local) throw new NotStored(base.key)
    const download = this.downloads.get(file) ?? this.begin(file, base)
    download.waiting += 1
    try {
      await unlessAborted(download.done, signal)
    } finally {
      download.waiting -= 1
      if (download.waiting === 0) this.end(file, download)
    }
  }

  /** Removes all bytes except these, and the leftovers of dead downloads. */
  async keep(bases: BytesOf[]): Promise<void> {
    const kept = new Set(bases.map((base) => this.fileOf(base)))
    for (const file of await this.files()) {
      const whole = file.replace(partial, '')
      const isKept = file === whole ? kept.has(file) : this.downloads.has(whole)
      if (!isKept) await rm(file, { force: true })
    }
  }

  /** Size of all downloaded bytes. */
  async size(): Promise<number> {
    const sizes = await Promise.all((await this.files()).map(sizeOf))
    return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
  }

  private async files(): Promise<string[]> {
    const entries = await readdir(this.place.folder, { recursive: true, withFileTypes: true }).catch((error) => {
      if (isErrnoCode(error, 'ENOENT')) return []
      throw error
    })
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name))
  }

  private begin(file: string, base: MachineBase): Download {
    const stop = new AbortController()
    const download: Download = { done: Promise.resolve(), stop, waiting: 0, left: base.size }
    download.done = this.download(file, base, download).finally(() => this.end(file, download))
    // Waiters get the error; there may be none left.
    download.done.catch(() => {})
    this.downloads.set(file, download)
    return download
  }

  private end(file: string, download: Download): void {
    download.stop.abort()
    if (this.downloads.get(file) === download) this.downloads.delete(file)
  }

  private async download(file: string, base: MachineBase, download: Download): Promise<void> {
    // A unique name: a cancelled download may still be writing when the next begins.
    const part = `${file}.${randomUUID()}.part`
    const counting = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        download.left -= chunk.length
        done(null, chunk)
      },
    })
    try {
      const promised = [...this.downloads.values()].reduce((sum, { left }) => sum + left, 0)
      await requireRoomIn(this.place, promised + base.size)
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
      const bytes = await storeOf(base.regionId).read(base.key)
      const out = createWriteStream(part, { mode: 0o600, flush: true })
      await pipeline(bytes, counting, expectSha256(base.sha256), out, { signal: download.stop.signal })
      const arrived = await sizeOf(part)
      if (arrived !== base.size) throw new WrongSize(arrived ?? 0, base.size)
      await rename(part, file)
    } catch (error) {
      await rm(part, { force: true })
      throw error
    }
  }
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return await work
  await new Promise<void>((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if (isErrnoCode(error, 'ENOENT')) return null
    throw error
  }
}
