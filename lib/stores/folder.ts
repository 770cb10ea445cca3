import 'server-only'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { openFileReader } from '@/lib/disks/reader'
import { StoreFull, TooLarge } from './errors'
import type { ReceiveOptions, Staged, Store } from './store'

const stagedEnding = '.part'
const keyPattern = /^[a-z0-9-]+$/
/** Room is looked at again after this many bytes, so that a full disk is met before it is full. */
const roomCheckBytes = 64 * 2 ** 20
const reserveShare = 0.05

/** A store in a folder of the local file system: one file per key, staged beside it under another ending. */
export class FolderStore implements Store {
  constructor(
    private readonly folder: string,
    private readonly reserveMin: number,
  ) {}

  async receive(key: string, bytes: Readable, options: ReceiveOptions): Promise<Staged> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    await this.requireRoom()
    const hash = createHash('sha256')
    let size = 0
    let nextRoomCheck = roomCheckBytes
    const requireRoom = () => this.requireRoom()
    const meter = new Transform({
      async transform(chunk: Buffer, _encoding, done) {
        try {
          size += chunk.length
          if (size > options.sizeMax) throw new TooLarge()
          if (size >= nextRoomCheck) {
            nextRoomCheck = size + roomCheckBytes
            await requireRoom()
          }
          hash.update(chunk)
          options.onProgress(size)
          done(null, chunk)
        } catch (error) {
          done(error instanceof Error ? error : new Error(String(error)))
        }
      },
    })
    const file = this.file(key) + stagedEnding
    try {
      await pipeline(bytes, meter, createWriteStream(file, { mode: 0o600, flush: true }))
    } catch (error) {
      await rm(file, { force: true })
      throw isNoSpace(error) ? new StoreFull() : error
    }
    return { size, sha256: hash.digest('hex') }
  }

  async openStaged(key: string) {
    return await openFileReader(this.file(key) + stagedEnding)
  }

  async keep(key: string): Promise<void> {
    await rename(this.file(key) + stagedEnding, this.file(key))
    // The rename is in the folder; without this a power cut could forget it after the database has been told.
    const folder = await open(this.folder)
    await folder.sync().finally(() => folder.close())
  }

  async discard(key: string): Promise<void> {
    await rm(this.file(key) + stagedEnding, { force: true })
  }

  async read(key: string): Promise<Readable> {
    return createReadStream(this.file(key), { highWaterMark: 2 ** 20 })
  }

  async size(key: string): Promise<number | null> {
    return await stat(this.file(key)).then(
      (found) => found.size,
      (error) => {
        if (error.code === 'ENOENT') return null
        throw error
      },
    )
  }

  async delete(key: string): Promise<void> {
    await rm(this.file(key), { force: true })
    await this.discard(key)
  }

  async list() {
    const names = await readdir(this.folder).catch((error) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    const entries = names.map((name) => {
      const isStaged = name.endsWith(stagedEnding)
      return { key: isStaged ? name.slice(0, -stagedEnding.length) : name, isStaged }
    })
    return entries.filter((entry) => keyPattern.test(entry.key))
  }

  private file(key: string): string {
    if (!keyPattern.test(key)) throw new Error(`Not a key of ours: ${key}`)
    return path.join(this.folder, key)
  }

  private async requireRoom(): Promise<void> {
    const { bavail, blocks, bsize } = await statfs(this.folder)
    const reserve = Math.max(blocks * bsize * reserveShare, this.reserveMin)
    if (bavail * bsize < reserve) throw new StoreFull()
  }
}

function isNoSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
