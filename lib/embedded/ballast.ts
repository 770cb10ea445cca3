import { randomFillSync } from 'node:crypto'
import fs from 'node:fs'
import { open, rename, rm, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { isErrnoCode } from './data-folder'

// An empty reserve file next to PostgreSQL's files. PostgreSQL stops if it cannot write its WAL, so when its file
// system is nearly full the ballast is deleted to free space. All processes of the console judge by the existence of
// the file: without it the console is read-only.

/** PostgreSQL writes WAL in files of 16 MiB; less than two of them would not help for long. */
export const ballastMin = 32 * 2 ** 20
export const ballastDefault = 64 * 2 ** 20

const pieceBytes = 2 ** 20

/** The path of the ballast of a data folder's database. */
export function ballastFile(folder: string): string {
  return path.join(path.resolve(folder), 'postgres', 'ballast')
}

/** The bytes that PostgreSQL, which is not root, can still write. */
export async function roomFor(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(path.dirname(ballastFile(folder)))
  return bavail * bsize
}

/** `give up` below half its size free; `make` when one and a half times its size stays free. The gap avoids flapping. */
export function ballastStep({ isThere, free, size }: { isThere: boolean; free: number; size: number }) {
  if (isThere) return free < size / 2 ? 'give up' : 'keep'
  return free >= 2.5 * size ? 'make' : 'keep'
}

async function ballastSize(folder: string): Promise<number | null> {
  return await stat(ballastFile(folder)).then(
    ({ size }) => size,
    (error) => {
      if (isErrnoCode(error, 'ENOENT')) return null
      throw error
    },
  )
}

/** Deletes the ballast if the disk is nearly full, and returns whether it did. Any process may call it at any time. */
export async function relieveDatabase(folder: string): Promise<boolean> {
  const size = await ballastSize(folder)
  if (size === null || ballastStep({ isThere: true, free: await roomFor(folder), size }) !== 'give up') return false
  await rm(ballastFile(folder), { force: true })
  return true
}

/**
 * Makes or deletes the ballast as the free space requires; one of another size is replaced. Returns what was done. Only
 * for the holder of the folder's lock. Throws file system errors, leaving no partial file.
 */
export async function tendBallast(folder: string, size: number): Promise<'kept' | 'made' | 'given up'> {
  const there = await ballastSize(folder)
  if (there !== null && there !== size) {
    await rm(ballastFile(folder), { force: true })
    return await tendBallast(folder, size)
  }
  if (size === 0) return 'kept'
  const step = ballastStep({ isThere: there !== null, free: await roomFor(folder), size })
  if (step === 'give up') await rm(ballastFile(folder), { force: true })
  if (step === 'make') await makeBallast(folder, size)
  return step === 'keep' ? 'kept' : step === 'make' ? 'made' : 'given up'
}

// Really written, because a sparse file occupies no space, and with random bytes, because some file systems compress.
// Renamed into place when complete.
async function makeBallast(folder: string, size: number): Promise<void> {
  const file = ballastFile(folder)
  const making = `${file}.new`
  try {
    const handle = await open(making, 'w', 0o600)
    try {
      for (let at = 0; at < size; at += pieceBytes)
        await handle.writeFile(randomFillSync(Buffer.alloc(Math.min(pieceBytes, size - at))))
      await handle.sync()
    } finally {
      await handle.close()
    }
    const { uid, gid } = fs.statSync(path.dirname(file))
    if (process.getuid?.() === 0) fs.chownSync(making, uid, gid)
    await rename(making, file)
  } catch (error) {
    await rm(making, { force: true })
    throw error
  }
}
