import { type ChildProcess, spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { z } from 'zod'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { NotRunning, ViewersFull } from './errors'
import type { MachineView, ViewOptions } from './machine'
import type { MachineFolder } from './machine-folder'

const patienceMs = 15_000
const lineMost = 4 * 2 ** 20

const answer = z.union([z.object({ return: z.unknown() }), z.object({ error: z.string() })])
const welcome = z.union([
  z.object({ full: z.number() }),
  z.object({ offset: z.number().default(0), replayed: z.number().default(0), viewers: z.number() }),
])

/** Sends a request to the keeper of this folder. Throws `NotRunning` if there is none. */
export async function askKeeper(folder: string, execute: string, args: object = {}): Promise<unknown> {
  const socket = await connect(folder)
  try {
    socket.write(`${JSON.stringify({ open: 'control', execute, arguments: args })}\n`)
    const said = answer.parse(JSON.parse(await firstLine(socket)))
    if ('error' in said) throw new Error(`${execute}: ${said.error}`)
    return said.return
  } finally {
    socket.destroy()
  }
}

/** Opens a view of the machine. Throws `NotRunning` and `ViewersFull`. */
export async function openView(folder: string, what: 'console' | 'screen', options: ViewOptions): Promise<MachineView> {
  const socket = await connect(folder)
  try {
    socket.write(`${JSON.stringify({ open: what, ...options })}\n`)
    const said = welcome.parse(JSON.parse(await firstLine(socket)))
    if ('full' in said) throw new ViewersFull(`${said.full} watch this machine.`)
    return { stream: socket, ...said }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/**
 * Whether a machine has a keeper. A keeper holds its lock before it serves anybody, but a lock is visible only in the network namespace
 * of its holder, so its socket is tried too.
 */
export async function hasKeeper({ lock, keeper }: MachineFolder): Promise<boolean> {
  if (await listens(`\0ecs-keeper-${lock}`)) return true
  try {
    const socket = await connect(keeper)
    socket.destroy()
    return true
  } catch (error) {
    if (error instanceof NotRunning) return false
    throw error
  }
}

async function listens(name: string): Promise<boolean> {
  const socket = net.connect(name)
  try {
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return true
  } catch (error) {
    if (isErrnoCode(error, 'ECONNREFUSED')) return false
    throw error
  } finally {
    socket.destroy()
  }
}

/** Connects through the folder's descriptor, because the path may exceed the length limit of socket addresses. */
async function connect(folder: string): Promise<net.Socket> {
  const handle = await open(folder, 'r').catch((error) => {
    throw isErrnoCode(error, 'ENOENT') ? new NotRunning('There is no such machine.') : error
  })
  const socket = net.connect(`/proc/self/fd/${handle.fd}/keeper.sock`)
  try {
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return socket.on('error', () => {})
  } catch (error) {
    socket.destroy()
    if (isErrnoCode(error, 'ENOENT') || isErrnoCode(error, 'ECONNREFUSED'))
      throw new NotRunning('The machine has no keeper.')
    throw error
  } finally {
    await handle.close()
  }
}

function firstLine(socket: net.Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    // The socket may have closed since it connected; `close` is not emitted again.
    if (socket.destroyed) return reject(new NotRunning('The machine ended.'))
    let head: Buffer = Buffer.alloc(0)
    const end = (settle: () => void) => {
      clearTimeout(timer)
      socket.off('readable', take).off('close', closed)
      settle()
    }
    const fail = (error: Error) => end(() => reject(error))
    const timer = setTimeout(() => fail(new Error('The keeper of the machine does not answer.')), patienceMs)
    const closed = () => fail(new NotRunning('The machine ended.'))
    const take = () => {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
        head = Buffer.concat([head, chunk])
        const at = head.indexOf('\n')
        if (at >= 0) {
          if (head.length > at + 1) socket.unshift(head.subarray(at + 1))
          return end(() => resolve(head.subarray(0, at).toString()))
        }
        if (head.length > lineMost) return fail(new Error('The keeper of the machine says too much.'))
      }
    }
    socket.on('readable', take).once('close', closed)
  })
}

/** Starts a keeper with the image's bytes as an open file, in its own session and without our environment. */
export async function startKeeper(place: MachineFolder, start: string, base: number): Promise<ChildProcess> {
  // Not at module level: the build of the pages loads this module too, without such a folder.
  const program = path.join(import.meta.dirname, 'keeper', 'keeper.mjs')
  const keeper = spawn(process.execPath, ['--max-old-space-size=64', program, place.keeper, start], {
    cwd: place.machine,
    detached: true,
    env: { NODE_ENV: process.env.NODE_ENV, PATH: process.env.PATH ?? '', UV_THREADPOOL_SIZE: '1' },
    stdio: ['ignore', 'ignore', 'ignore', base],
  })
  await new Promise((resolve, reject) => keeper.once('spawn', resolve).once('error', reject))
  keeper.unref()
  return keeper
}
