import { type FileHandle, open } from 'node:fs/promises'
import { NoRoom } from '../convert'
import { filledOf, skipHolesOf } from './holes'
import type { CleanTools } from './tools'

/** A range to copy from one file to another, in bytes. */
export type Piece = { from: number; to: number; length: number }
export type CopyPieces = { from: string; to: string; tools: CleanTools; signal: AbortSignal }

const stepBytes = 1024 ** 2

/** Copies ranges from one file to another, and writes only where they differ. Throws `NoRoom` if the file system is full. */
export async function copyPieces(pieces: readonly Piece[], { from, to, tools, signal }: CopyPieces): Promise<void> {
  const skipSource = skipHolesOf(await filledOf(from, { tools, signal }))
  const skipTarget = skipHolesOf(await filledOf(to, { tools, signal }))
  const [source, target] = [await open(from, 'r'), await open(to, 'r+')]
  const [wanted, there] = [Buffer.alloc(stepBytes), Buffer.alloc(stepBytes)]
  try {
    for (const piece of pieces) {
      const next = (at: number) =>
        Math.min(skipSource(piece.from + at) - piece.from, skipTarget(piece.to + at) - piece.to)
      for (let at = next(0); at < piece.length; at = next(at + stepBytes)) {
        signal.throwIfAborted()
        const length = Math.min(stepBytes, piece.length - at)
        await fill(source, wanted.subarray(0, length), piece.from + at)
        await fill(target, there.subarray(0, length), piece.to + at)
        if (!wanted.subarray(0, length).equals(there.subarray(0, length)))
          await target.write(wanted, 0, length, piece.to + at)
      }
    }
  } catch (error) {
    if (error instanceof Error && /ENOSPC|EDQUOT/.test(error.message)) throw new NoRoom(error.message)
    throw error
  } finally {
    await source.close()
    await target.close()
  }
}

/** Bytes behind the end of a file are zeros. */
async function fill(file: FileHandle, into: Buffer, at: number): Promise<void> {
  const { bytesRead } = await file.read(into, 0, into.length, at)
  into.fill(0, bytesRead)
}
