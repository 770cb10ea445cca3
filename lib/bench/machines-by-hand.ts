import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { connectQmp } from '../machines/keeper/qmp.mjs'

const run = promisify(execFile)
const spec = z.object({ command: z.tuple([z.string()], z.string()) })
const built = z.object({ uid: z.number(), diskBytes: z.number() })
const read = <T>(shape: z.ZodType<T>, file: string): T => shape.parse(JSON.parse(fs.readFileSync(file, 'utf8')))

/** In seconds. `firstByte`: of the serial port; null if it was not waited for. */
export type StartTimes = { running: number; firstByte: number | null }

/** Makes a disk over an image and starts QEMU with the command that a keeper was given, as in a shell. */
export async function startByHand(folder: string, image: string, isHeard: boolean): Promise<StartTimes> {
  const { command } = read(spec, path.join(folder, 'spec.json'))
  const { uid, diskBytes } = read(built, path.join(folder, 'built.json'))
  const base = fs.openSync(image, 'r')
  const began = performance.now()
  const since = () => (performance.now() - began) / 1_000
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', path.join(folder, 'disk.qcow2'), String(diskBytes)])
  for (const file of ['disk.qcow2', '.']) fs.chownSync(path.join(folder, file), uid, uid)
  const [program, ...args] = command
  const qemu = spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'ignore', base] })
  try {
    await listens(path.join(folder, 'qmp.sock'))
    const qmp = await connectQmp(path.join(folder, 'qmp.sock'), { onEvent: () => {}, onEnd: () => {} })
    const serial = net.connect(path.join(folder, 'serial.sock'))
    await once(serial, 'connect')
    const spoken = once(serial, 'data')
    spoken.catch(() => {})
    await qmp.ask('cont')
    await qmp.ask('query-status')
    const running = since()
    if (isHeard) await spoken
    return { running, firstByte: isHeard ? since() : null }
  } finally {
    qemu.kill('SIGKILL')
    await once(qemu, 'close')
    fs.closeSync(base)
  }
}

async function listens(file: string): Promise<void> {
  for (;;) {
    const socket = net.connect(file)
    const isListening = await new Promise((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    )
    socket.destroy()
    if (isListening) return
    await sleep(5)
  }
}
