import { open } from 'node:fs/promises'

/** Random access to bytes. A read past the end returns the bytes that exist, possibly none; it does not throw for that. */
export interface ByteReader {
  readonly size: number
  read(offset: number, length: number): Promise<Buffer>
}

/** Opens a file for reading. The size is taken now; bytes appended later are not seen. */
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

/** Reads from memory. The returned buffers share it. */
export function bufferReader(buffer: Buffer): ByteReader {
  return {
    size: buffer.length,
    read: async (offset, length) => buffer.subarray(...clamp(offset, length, buffer.length)),
  }
}

/** Reads exactly `length` bytes, or returns null if they are not all inside the file. */
export async function readWhole(reader: ByteReader, offset: number, length: number): Promise<Buffer | null> {
  // Offsets come from untrusted files; none outside the file is read.
  if (!(offset >= 0 && length >= 0 && offset + length <= reader.size)) return null
  const bytes = await reader.read(offset, length)
  return bytes.length === length ? bytes : null
}

function clamp(offset: number, length: number, size: number): [start: number, end: number] {
  const start = Math.min(Math.max(offset, 0), size)
  return [start, Math.min(Math.max(offset + length, start), size)]
}

// A single read may return fewer bytes than requested, long before the end of the file.
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
