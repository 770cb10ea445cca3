import type { Duplex } from 'node:stream'
import type { Blocks, WritableBlocks } from '../../guest/blocks'

// The part of the network block device protocol that QEMU uses for a disk:
// https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md. For a disk that is not `WritableBlocks` no command writes.

const magics = {
  server: 'NBDMAGIC',
  option: 'IHAVEOPT',
  reply: 0x3e889045565a9n,
  request: 0x25609513,
  answer: 0x67446698,
}
const fixedNewstyle = 1
const options = { exportName: 1, abort: 2, info: 6, go: 7 }
const replies = { acknowledged: 1, info: 3, unsupported: 2 ** 31 + 1 }
const infos = { export: 0, blockSize: 3 }
/** Transmission flags: HAS_FLAGS with READ_ONLY, or with SEND_FLUSH, SEND_TRIM and SEND_WRITE_ZEROES. */
const readOnly = 1 | 2
const writable = 1 | 4 | 32 | 64
const commands = { read: 0, write: 1, disconnect: 2, flush: 3, trim: 4, zero: 6 }
const errnos = { notPermitted: 1, io: 5, invalid: 22 }
/** The client is told this limit. A machine has up to 20 connections, each with one response in memory. */
const readBytesMax = 1024 ** 2
/** Preferred block size that every client accepts. */
const pageBytes = 4096
/** Limits that no client's options reach. */
const optionBytesMax = 4096
const optionsMax = 32
const sectorBytes = 512

/** A disk of a machine. */
export type Disk = Blocks | WritableBlocks

/** Whether a disk can be written. */
export function isWritable(disk: Disk): disk is WritableBlocks {
  return 'write' in disk
}

/** The client violates the protocol. */
class NotNbd extends Error {}

/**
 * Serves a disk on a socket until it is closed: read-only, unless the disk is writable. `onTrouble` receives the error of a failed
 * command, which is answered with an I/O error. Never rejects.
 */
export async function serveNbd(line: Duplex, disk: Disk, onTrouble: (error: unknown) => void): Promise<void> {
  const take = takeFrom(line)
  try {
    if (await negotiate(line, take, disk)) for (;;) if (!(await answer(line, take, disk, onTrouble))) break
  } catch {
    // The socket was closed, or the client violates the protocol: the disk is detached.
  } finally {
    line.destroy()
  }
}

type Take = (length: number) => Promise<Buffer>

/** Reads exactly that many bytes from a stream; rejects if it ends before. */
function takeFrom(line: Duplex): Take {
  const chunks = line.iterator({ destroyOnReturn: false })
  let held = Buffer.alloc(0)
  return async (length) => {
    while (held.length < length) {
      const { done, value } = await chunks.next()
      if (done) throw new NotNbd('The line ended.')
      held = Buffer.concat([held, value])
    }
    const taken = held.subarray(0, length)
    held = held.subarray(length)
    return taken
  }
}

async function negotiate(line: Duplex, take: Take, disk: Disk): Promise<boolean> {
  const flags = isWritable(disk) ? writable : readOnly
  const size = BigInt(Math.floor(disk.size / sectorBytes) * sectorBytes)
  line.write(Buffer.concat([Buffer.from(magics.server + magics.option), shorts(fixedNewstyle)]))
  await take(4)
  for (let count = 0; count < optionsMax; count += 1) {
    const head = await take(16)
    if (head.toString('latin1', 0, 8) !== magics.option) throw new NotNbd('No option.')
    const option = head.readUInt32BE(8)
    const length = head.readUInt32BE(12)
    if (length > optionBytesMax) throw new NotNbd('A long option.')
    await take(length)
    const reply = async (type: number, data = Buffer.alloc(0)) =>
      await send(line, Buffer.concat([longs(magics.reply), words(option, type, data.length), data]))
    if (option === options.exportName) {
      await send(line, Buffer.concat([longs(size), shorts(flags), Buffer.alloc(124)]))
      return true
    }
    if (option === options.go || option === options.info) {
      await reply(replies.info, Buffer.concat([shorts(infos.export), longs(size), shorts(flags)]))
      await reply(replies.info, Buffer.concat([shorts(infos.blockSize), words(sectorBytes, pageBytes, readBytesMax)]))
      await reply(replies.acknowledged)
      if (option === options.go) return true
    } else if (option === options.abort) return false
    else await reply(replies.unsupported)
  }
  throw new NotNbd('Options without an end.')
}

/** Writes and waits for drain: a client that requests more than it reads would fill our memory. */
async function send(line: Duplex, bytes: Buffer): Promise<void> {
  if (line.write(bytes) || line.destroyed) return
  await new Promise<void>((resolve) => {
    const done = () => {
      line.off('drain', done).off('close', done)
      resolve()
    }
    line.on('drain', done).on('close', done)
  })
}

/** Handles one request. False: the client disconnected. */
async function answer(line: Duplex, take: Take, disk: Disk, onTrouble: (error: unknown) => void): Promise<boolean> {
  const request = await take(28)
  if (request.readUInt32BE(0) !== magics.request) throw new NotNbd('No request.')
  const command = request.readUInt16BE(6)
  const offset = Number(request.readBigUInt64BE(16))
  const length = request.readUInt32BE(24)
  if (command === commands.disconnect) return false
  // The payload of a refused write stays in the stream, so nothing after it could be parsed.
  if (command !== commands.read && !isWritable(disk)) throw new NotNbd('Not a read.')
  const isWrite = command === commands.write
  if (isWrite && length > readBytesMax) throw new NotNbd('A long write.')
  const brought = isWrite ? await take(length) : null
  let bytes: Buffer = Buffer.alloc(0)
  let errno = 0
  if ((command === commands.read && length > readBytesMax) || offset + length > disk.size) errno = errnos.invalid
  else
    try {
      if (command === commands.read) bytes = readFully(disk, offset, length)
      else if (isWritable(disk)) await change(disk, { command, offset, length, brought })
    } catch (error) {
      if (error instanceof NotNbd) throw error
      errno = errnos.io
      onTrouble(error)
    }
  await send(line, Buffer.concat([words(magics.answer, errno), request.subarray(8, 16), bytes]))
  return true
}

type Change = { command: number; offset: number; length: number; brought: Buffer | null }

async function change(disk: WritableBlocks, { command, offset, length, brought }: Change): Promise<void> {
  if (brought) disk.write(brought, offset)
  // Trimmed ranges read as zeros from then on, so that no deleted data is left.
  else if (command === commands.trim || command === commands.zero) await disk.zero(offset, length)
  else if (command !== commands.flush) throw new NotNbd('An unknown command.')
}

function readFully(disk: Blocks, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let done = 0; done < length; ) {
    const read = disk.readInto(bytes.subarray(done), offset + done)
    if (read === 0) break
    done += read
  }
  return bytes
}

function longs(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index)
  return bytes
}

function shorts(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}
