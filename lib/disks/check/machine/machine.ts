import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { Duplex } from 'node:stream'
import type { Reader } from '@/lib/machines/reader'
import { readerArguments, readerDescriptors } from '@/lib/machines/reader/command'
import { OutOfTime } from '../trouble'
import { type Disk, isWritable, serveNbd } from './nbd'
import { createRecords, LongRecord } from './records'

/** The machine exited during a request or sent invalid data. */
export class MachineEnded extends Error {}

/** The machine could not be started; the message is its error output. */
export class MachineNotStarted extends Error {}

export type Request = {
  /** A command for the guest, and the bytes that follow it. */
  command: string
  body?: Buffer
  /** Maximum size of the whole output. */
  bytesMax: number
  /** Maximum size of one record. A command without records sends only the last one, which is short. */
  recordMax?: number
  onRecord?: (record: Buffer) => void
}

/** A running machine that reads disks. One request at a time. */
export type ReadingMachine = {
  /**
   * Runs a command in the guest and resolves with its exit code. Rejects with `MachineEnded`, `OutOfTime`, or whatever `onRecord`
   * throws; the machine is killed then.
   */
  ask: (request: Request) => Promise<number>
  isOver: () => boolean
  /** Kills the machine, whatever it is doing. */
  end: () => void
}

type Expected = Omit<Request, 'command' | 'body'>
type Waiting = Expected & { heard: number; resolve: (code: number) => void; reject: (error: unknown) => void }

/** `timeLeft`: milliseconds for each response, including the first greeting. */
export type StartOptions = { timeLeft: () => number }

/** Larger than the last record of any output, and so larger than the greeting. */
const shortBytesMax = 64
const stderrKept = 2048

/**
 * Starts a machine that can read these disks, write those that are writable, and reach nothing else. It is a child of the calling
 * thread, so the kernel kills it when the thread ends, for whatever reason. Rejects with `MachineNotStarted` or `OutOfTime`.
 */
export async function startMachine(
  reader: Reader,
  disks: readonly Disk[],
  { timeLeft }: StartOptions,
): Promise<ReadingMachine> {
  const child = spawnReader(reader, disks)
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrKept)
  })
  const { expected, fail, isOver, word, end } = listen(child, timeLeft)
  for (const [index, disk] of disks.entries())
    void serveNbd(lineOf(child, readerDescriptors.disks + index), disk, (error) => {
      // The guest carries on without a damaged block, but not beyond its time, and not if its writes are lost.
      if (error instanceof OutOfTime || isWritable(disk)) fail(error)
    })
  const line = lineOf(child, readerDescriptors.line)
  const hello = expected({ bytesMax: shortBytesMax })
  line.write(`${word} ${end}\n`)
  await hello.catch((error) => {
    throw error instanceof MachineEnded ? new MachineNotStarted(stderr || 'It ended without a word.') : error
  })
  return {
    isOver,
    end: () => fail(new MachineEnded('The check has ended.')),
    ask: async ({ command, body, ...request }) => {
      const answer = expected(request)
      line.write(`${command}\n`)
      if (body) line.write(body)
      return await answer
    },
  }
}

/** Parses what a machine sends on its socket, and kills it if that is invalid or takes too long. */
function listen(child: ChildProcess, timeLeft: () => number) {
  const word = randomBytes(8).toString('hex')
  const end = randomBytes(8).toString('hex')
  let waiting: Waiting | null = null
  let over: unknown = null
  const fail = (error: unknown) => {
    over ??= error
    child.kill('SIGKILL')
    waiting?.reject(over)
    waiting = null
  }
  const onRecord = (record: Buffer) => {
    const code = record.length < 2 * end.length + 4 ? endCode(record.toString('latin1'), end) : null
    if (code === null) return waiting?.onRecord?.(record)
    waiting?.resolve(code)
    waiting = null
  }
  const max = () => Math.max(shortBytesMax, waiting?.recordMax ?? 0)
  const records = createRecords({ word, max, onRecord })
  const onData = (chunk: Buffer) => {
    if (waiting) waiting.heard += chunk.length
    if (!waiting || waiting.heard > waiting.bytesMax) return fail(new MachineEnded('The machine says too much.'))
    try {
      records.hear(chunk)
    } catch (error) {
      fail(error instanceof LongRecord ? new MachineEnded('The machine says too much at once.') : error)
    }
  }
  const onEnd = () => fail(new MachineEnded('The machine that reads a disk ended.'))
  lineOf(child, readerDescriptors.line).on('data', onData).on('error', onEnd).on('close', onEnd)
  child.once('error', onEnd).once('close', onEnd)
  const expected = async (request: Expected): Promise<number> => {
    if (over !== null) throw over
    const timer = setTimeout(() => fail(new OutOfTime()), Math.max(0, timeLeft()))
    const answer = new Promise<number>((resolve, reject) => {
      waiting = { ...request, heard: 0, resolve, reject }
    })
    return await answer.finally(() => clearTimeout(timer))
  }
  return { word, end, fail, expected, isOver: () => over !== null }
}

/** The exit code in the last record of an output; null for another record. In a listing the end mark follows a newline. */
function endCode(record: string, end: string): number | null {
  const text = record.startsWith('\n') ? record.slice(1) : record
  const code = text.startsWith(end) ? text.slice(end.length) : ''
  return /^\d{1,3}$/.test(code) ? Number(code) : null
}

function spawnReader({ command, accelerator, kernel, initrd }: Reader, disks: readonly Disk[]): ChildProcess {
  const writable = disks.map((disk) => ({ isWritable: isWritable(disk) }))
  const [program = '', ...args] = [...command, ...readerArguments(accelerator, writable)]
  const files = [kernel, initrd].map((file) => openSync(file, 'r'))
  try {
    const lines = disks.map(() => 'pipe' as const)
    return spawn(/* turbopackIgnore: true */ program, args, {
      cwd: '/',
      env: { NODE_ENV: process.env.NODE_ENV, PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', ...files, ...lines],
      detached: true,
    })
  } finally {
    for (const file of files) closeSync(file)
  }
}

/** What Node calls a pipe is a socket pair, open in both directions. */
function lineOf(child: ChildProcess, descriptor: number): Duplex {
  const line: unknown = Object.values(child.stdio)[descriptor]
  if (!(line instanceof Duplex)) throw new Error('A process was started without its lines.')
  return line
}
