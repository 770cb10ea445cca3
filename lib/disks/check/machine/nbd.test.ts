import { type Duplex, duplexPair } from 'node:stream'
import { expect, test } from 'vitest'
import { bufferBlocks, makeBlocks, UnreadableBlocks } from '../../guest/blocks'
import { type Disk, serveNbd } from './nbd'

const sizeBytes = 8 * 1024 ** 2
const pieceBytes = 1024 ** 2
const disk = Buffer.alloc(sizeBytes + 100)
for (let at = 0; at < disk.length; at += 512) disk.writeUInt32BE(at, at)

/** The client's end of a socket, which reads exactly `length` bytes; null once the socket is closed. */
function clientOf(line: Duplex) {
  const chunks = line.iterator({ destroyOnReturn: false })
  let held = Buffer.alloc(0)
  return async (length: number): Promise<Buffer | null> => {
    while (held.length < length) {
      const { done, value } = await chunks.next()
      if (done) return null
      held = Buffer.concat([held, value])
    }
    const taken = held.subarray(0, length)
    held = held.subarray(length)
    return taken
  }
}

const words = (...values: number[]) => Buffer.from(new Uint32Array(values).buffer).swap32()
const option = (kind: number, data = Buffer.alloc(0)) =>
  Buffer.concat([Buffer.from('IHAVEOPT'), words(kind, data.length), data])
const request = (command: number, offset: number, length: number) =>
  Buffer.concat([words(0x25609513, command, 0, 7, 0, offset, length)])

/** Negotiates as QEMU does, and returns the size that the server stated. */
async function connected(blocks: Disk = bufferBlocks(disk)) {
  const [near, far] = duplexPair()
  const troubles: unknown[] = []
  const served = serveNbd(far, blocks, (error) => troubles.push(error))
  const take = clientOf(near)
  expect((await take(18))?.toString('latin1', 0, 16)).toBe('NBDMAGICIHAVEOPT')
  near.write(Buffer.concat([words(1), option(8), option(7, Buffer.alloc(6))]))
  expect((await take(20))?.readUInt32BE(12)).toBe(2 ** 31 + 1)
  const info = await take(20 + 12)
  expect(info?.readUInt16BE(30)).toBe('write' in blocks ? 101 : 3)
  const blockSizes = await take(20 + 14)
  expect(blockSizes?.readUInt32BE(30)).toBe(pieceBytes)
  expect((await take(20))?.readUInt32BE(12)).toBe(1)
  const read = async (offset: number, length: number) => {
    near.write(request(0, offset, length))
    const head = await take(16)
    expect(head?.readUInt32BE(12)).toBe(7)
    const errno = head?.readUInt32BE(4)
    return errno === 0 ? await take(length) : errno
  }
  return { near, far, read, take, served, troubles, size: Number(info?.readBigUInt64BE(22)) }
}

test('a disk is served in whole sectors, and reads past its end are refused', async () => {
  const { near, far, read, size, served } = await connected()
  expect(size).toBe(sizeBytes)
  expect(await read(512, 8)).toEqual(Buffer.from('0000020000000000', 'hex'))
  const listeners = far.listenerCount('close')
  for (let at = 0; at < sizeBytes; at += pieceBytes) {
    const piece = await read(at, pieceBytes)
    expect(Buffer.isBuffer(piece) && piece.equals(disk.subarray(at, at + pieceBytes))).toBe(true)
  }
  expect(far.listenerCount('close')).toBe(listeners)
  expect(await read(0, pieceBytes + 512)).toBe(22)
  expect(await read(sizeBytes, 512)).toBe(22)
  expect(await read(0, 2 ** 32 - 1)).toBe(22)
  near.write(request(2, 0, 0))
  await served
})

test('a writable disk is written, and trimmed ranges read as zeros', async () => {
  const bytes = Buffer.from(disk.subarray(0, sizeBytes))
  const { near, read, take } = await connected({
    ...bufferBlocks(bytes),
    write: (some, offset) => bytes.set(some, offset),
    zero: async (offset, length) => void bytes.fill(0, offset, offset + length),
  })
  const ask = async (command: number, offset: number, length: number, brought = Buffer.alloc(0)) => {
    near.write(Buffer.concat([request(command, offset, length), brought]))
    return (await take(16))?.readUInt32BE(4)
  }
  expect(await ask(1, 1024, 512, Buffer.alloc(512, 'x'))).toBe(0)
  expect(await read(1024, 512)).toEqual(Buffer.alloc(512, 'x'))
  expect(await ask(3, 0, 0)).toBe(0)
  for (const [command, offset] of [
    [4, 1024],
    [6, 4096],
  ] as const) {
    expect(await ask(command, offset, 512)).toBe(0)
    expect(await read(offset, 512)).toEqual(Buffer.alloc(512))
  }
  // Requests beyond the end are refused, also for very long ranges.
  expect(await ask(1, sizeBytes, 512, Buffer.alloc(512))).toBe(22)
  expect(await ask(4, 512, 2 ** 32 - 1)).toBe(22)
  expect(bytes.subarray(0, 1024).equals(disk.subarray(0, 1024))).toBe(true)
})

test('a connection with a write to a read-only disk or another protocol is closed', async () => {
  for (const bytes of [request(1, 0, 512), request(4, 0, 512), Buffer.from('GET / HTTP/1.1\r\n\r\n and so on')]) {
    const { near, far, served } = await connected()
    near.write(bytes)
    await served
    expect(far.destroyed).toBe(true)
  }
})

test('a connection with endless options is closed', async () => {
  const [near, far] = duplexPair()
  const served = serveNbd(far, bufferBlocks(disk), () => {})
  near.resume()
  near.write(Buffer.concat([words(1), ...Array.from({ length: 40 }, () => option(8))]))
  await served
  expect(far.destroyed).toBe(true)
})

test('an unreadable block fails only that read', async () => {
  const broken = makeBlocks(sizeBytes, (into, offset) => {
    if (offset >= 4096) throw new UnreadableBlocks('damaged')
    return into.length
  })
  const { read, troubles } = await connected(broken)
  expect(await read(8192, 512)).toBe(5)
  expect(Buffer.isBuffer(await read(0, 512))).toBe(true)
  expect(troubles).toHaveLength(1)
})
