import { randomFillSync } from 'node:crypto'
import fs from 'node:fs'
import { open, rename, rm, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { isErrnoCode } from './data-folder'

// A file beside the files of PostgreSQL that holds nothing. PostgreSQL stops when it cannot write its log, so when its file
// system is nearly full the ballast is deleted, and what it took is left to PostgreSQL. Whether the file is there is what all
// processes of the console judge by: without it the console is read-only.

/** PostgreSQL writes its log in files of 16 MiB; less than two of them would help for no time at all. */
export const ballastMin = 32 * 2 ** 20
export const ballastDefault = 64 * 2 ** 20

const pieceBytes = 2 ** 20

/** Where the ballast of the database in a data folder is. */
export function ballastFile(folder: string): string {
  return path.join(path.resolve(folder), 'postgres', 'ballast')
}

/** How many bytes PostgreSQL, which is no root, can still write on the file system of its files. */
export async function roomFor(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(path.dirname(ballastFile(folder)))
  return bavail * bsize
}

/**
 * What is to be done with a ballast of `size` bytes. It is given up when less than half of it is free, and made again when it
 * leaves one and a half times as much free: between the two a disk that fills and empties a little changes nothing.
 */
export function ballastStep({ isThere, free, size }: { isThere: boolean; free: number; size: number }) {
  if (isThere) return free < size / 2 ? 'give up' : 'keep'
  return free >= 2.5 * size ? 'make' : 'keep'
}

/** The size of the ballast that is there; null without one. */
async function ballastSize(folder: string): Promise<number | null> {
  return await stat(ballastFile(folder)).then(
    ({ size }) => size,
    (error) => {
      if (isErrnoCode(error, 'ENOENT')) return null
      throw error
    },
  )
}

/** Gives the ballast up when the disk is nearly full, and says whether it did. Anybody may at any time; nothing is lost. */
export async function relieveDatabase(folder: string): Promise<boolean> {
  const size = await ballastSize(folder)
  if (size === null || ballastStep({ isThere: true, free: await roomFor(folder), size }) !== 'give up') return false
  await rm(ballastFile(folder), { force: true })
  return true
}

/**
 * Makes the ballast, or gives it up, as the room asks for; one of another size is replaced. Answers what was done. Only whoever
 * holds the lock of the folder may call this. Throws what the file system says; then no half of one is left.
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

// Written and not only said to be so long: a file with a hole takes no room that could be given up. Of random bytes, because
// some file systems compress. It gets its name when it is whole.
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
