import { open } from 'node:fs/promises'

/** Bytes that can be read at any place. A read past the end gives what there is, down to nothing; it never throws for that. */
export interface ByteReader {
  readonly size: number
  read(offset: number, length: number): Promise<Buffer>
}

/** Opens a file for reading. Its size is the one at this moment: what is appended later is not seen. */
export async function openFileReader(path: string): Promise<ByteReader & { close(): Promise<void> }> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    return {
      size,
      read: (offset, length) => {
        const [start, end] = clamp(offset, length, size)
        return readFully((into, done) => file.read(into, done, into.length - done, start + done), end - start)
      },
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Reads from memory. What it gives shares the buffer's memory. */
export function bufferReader(buffer: Buffer): ByteReader {
  return {
    size: buffer.length,
    read: async (offset, length) => buffer.subarray(...clamp(offset, length, buffer.length)),
  }
}

/** Reads exactly so many bytes, or answers null when they are not all inside the file. */
export async function readWhole(reader: ByteReader, offset: number, length: number): Promise<Buffer | null> {
  // A file may say any place. One that is not inside it is never asked for.
  if (!(offset >= 0 && length >= 0 && offset + length <= reader.size)) return null
  const bytes = await reader.read(offset, length)
  return bytes.length === length ? bytes : null
}

function clamp(offset: number, length: number, size: number): [start: number, end: number] {
  const start = Math.min(Math.max(offset, 0), size)
  return [start, Math.min(Math.max(offset + length, start), size)]
}

// One read of a file may give less than was asked for, long before its end.
async function readFully(readSome: (into: Buffer, done: number) => Promise<{ bytesRead: number }>, length: number) {
  const into = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await readSome(into, done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return into.subarray(0, done)
}
