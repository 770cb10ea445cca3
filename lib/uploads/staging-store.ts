import 'server-only'
import { AsyncLocalStorage } from 'node:async_hooks'
import { type FileHandle, open, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { DataStore, Upload } from '@tus/server'
import type { SessionContext } from '@/lib/context'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { uploadPatienceMs } from '@/lib/imports/rules'
import { countUpload } from '@/lib/metrics'
import { folderError } from '@/lib/stores/durable'
import { requireStagingRoom, stagedFile } from '@/lib/stores/staging'
import { renewTransfer } from '@/lib/transfers/writes'
import { uploadRefusal } from './refusal'

/** The current tus request: its session and, for an existing upload, its region and length. */
export type Asking = {
  ctx: SessionContext
  imageId: string | null
  region: string
  size: number
  claimedSha256: string | null
}

export const asking = new AsyncLocalStorage<Asking>()

const tellMs = 1_000
const writeBytes = 2 ** 19
/** On a slow network buffers are written after this time even if small, so that received bytes are stored and a cancelled upload stops. */
const holdMs = 100

/** Storage for tus: the staged file, whose length is the offset. Everything else is in the image's row. */
export class StagingStore extends DataStore {
  private readonly toldAt = new Map<string, number>()
  /** The pending write of a sender that disconnected: tus responds and unlocks before the last bytes are in the file. */
  private readonly lastWrites = new Map<string, Promise<unknown>>()

  constructor() {
    super()
    this.extensions = ['creation', 'creation-with-upload', 'termination']
  }

  override async getUpload(imageId: string): Promise<Upload> {
    const size = asking.getStore()?.size
    await this.lastWrites.get(imageId)
    const offset = await stat(stagedFile(imageId)).then((file) => file.size, gone)
    return new Upload({ id: imageId, offset, ...(size === undefined ? {} : { size }) })
  }

  /** Writes the bytes from an offset on. However it ends, the received bytes stay, and the next offset request waits for them. */
  override async write(bytes: Readable, imageId: string, offset: number): Promise<number> {
    const writing = this.writeFrom(bytes, imageId, offset)
    const end = writing.catch(() => {}).finally(() => this.lastWrites.delete(imageId))
    this.lastWrites.set(imageId, end)
    return await writing
  }

  private async writeFrom(bytes: Readable, imageId: string, offset: number): Promise<number> {
    const file = await open(stagedFile(imageId), 'r+').catch(gone)
    let at = offset
    let isWhole = false
    let held: Buffer[] = []
    let wroteAt = Number.NEGATIVE_INFINITY
    const writeHeld = async () => {
      const chunks = held
      wroteAt = performance.now()
      held = []
      // Writes of others are not all reserved, so free space is checked for every write.
      await requireStagingRoom(lengthOf(chunks))
      await writeAt(file, chunks, at)
      at += lengthOf(chunks)
    }
    const counted = countUpload()
    try {
      // If the stream were destroyed here, tus would report a failure of ours as a disconnected sender.
      for await (const chunk of bytes.iterator({ destroyOnReturn: false })) {
        held.push(chunk)
        counted.received(chunk.length)
        if (lengthOf(held) < writeBytes && performance.now() - wroteAt < holdMs) continue
        await writeHeld()
        await this.tell(imageId, at)
      }
      await writeHeld()
      isWhole = true
      await file.datasync().catch((error) => throwFolderError(error))
    } finally {
      counted.end()
      if (!isWhole) await writeHeld().catch(() => {})
      await file.close()
      if (!isWhole) await this.tell(imageId, at, { isLast: true }).catch(() => {})
    }
    return at
  }

  /** Renews the lease and records the progress, at most once a second. Throws if the upload has ended meanwhile. */
  private async tell(imageId: string, doneBytes: number, { isLast = false } = {}): Promise<void> {
    const now = performance.now()
    if (!isLast && now - (this.toldAt.get(imageId) ?? Number.NEGATIVE_INFINITY) < tellMs) return
    // This store is not notified of the end of an upload, so it clears the map from time to time.
    if (this.toldAt.size > 1_000) this.toldAt.clear()
    this.toldAt.set(imageId, now)
    const reservedBytes = Math.max(0, (asking.getStore()?.size ?? 0) - doneBytes)
    if (!(await renewTransfer({ imageId, holder: null }, { doneBytes, reservedBytes }, uploadPatienceMs)))
      throw uploadRefusal({ code: 'IMAGE_NOT_FOUND' })
  }
}

export async function makeStagedFile(imageId: string): Promise<void> {
  // Also creates the folder, which is missing for the very first upload.
  await requireStagingRoom(0)
  // It may exist already: the same form sent twice at once is one upload.
  const file = await open(stagedFile(imageId), 'a', 0o600).catch(throwFolderError)
  await file.close()
}

async function writeAt(file: FileHandle, chunks: Buffer[], at: number): Promise<void> {
  try {
    for (let rest = chunks; rest.length > 0; ) {
      const { bytesWritten } = await file.writev(rest, at)
      at += bytesWritten
      rest = bytesWritten < lengthOf(rest) ? [Buffer.concat(rest).subarray(bytesWritten)] : []
    }
  } catch (error) {
    throwFolderError(error)
  }
}

function lengthOf(chunks: Buffer[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0)
}

function gone(error: unknown): never {
  if (isErrnoCode(error, 'ENOENT')) throw uploadRefusal({ code: 'IMAGE_NOT_FOUND' })
  throw error
}

function throwFolderError(error: unknown): never {
  throw folderError(error, path.dirname(stagedFile('any')))
}
