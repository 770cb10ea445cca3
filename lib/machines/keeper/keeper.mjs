// The keeper of one machine: QEMU's parent, alive as long as QEMU is. It owns QEMU's sockets, which serve one client
// each, records when the machine ran, and serves clients on its own socket, so that a machine outlives the console and
// a restarted console finds it. Arguments: the keeper's folder and the number of the start; working directory: the
// machine's folder. QEMU opens everything relative to that, because its user may not traverse the folders above.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openConsoleLog } from './console-log.mjs'
import { openJournal } from './journal.mjs'
import { openMirrorEnds } from './mirror-ends.mjs'
import { isJoined, joinBridge, networkLost } from './network.mjs'
import { watchPanic } from './panic.mjs'
import { connectQmp } from './qmp.mjs'
import { openScreen, openSerial } from './viewers.mjs'

const [folder, start] = process.argv.slice(2)
const spec = readSpec()
const heartbeatMs = 5_000
const stderrKept = 16 * 1024
const startPatienceMs = 20_000
const quitPatienceMs = 5_000
/** A machine paused by a full disk continues when this much is free. */
const roomToGoOn = 64 * 2 ** 20
const firstLineMost = 4096
const notWanted = 3

// One keeper per machine: an abstract socket name is released at the moment its holder ends. A late keeper, whose start
// was cancelled or replaced, must not run.
await new Promise((resolve) => {
  const lock = net.createServer()
  lock.once('error', () => process.exit(notWanted))
  lock.listen(`\0ecs-keeper-${spec.lock}`, resolve)
})
if (readSpec().start !== start) process.exit(notWanted)

const journal = openJournal(path.join(folder, 'journal.json'), start)
// A stopped guest keeps its screen until the console ends it.
const panic = watchPanic({ patienceMs: spec.panicPatienceMs, onStuck: () => qmp.ask('stop').then(lookSoon, () => {}) })
const log = openConsoleLog(path.join(folder, 'console.log'))
let stderr = ''
/** Why QEMU is ending, once known: the guest's action, or our request. */
let ending = null
let waitsForRoom = false
let isLooking = false
let isOutdated = false
let isJoining = false
let serial
let screen
let mirrors
let qmp

for (const name of ['qmp.sock', 'serial.sock', 'screen.sock', 'agent.sock']) fs.rmSync(name, { force: true })
const [program, ...args] = spec.command
const qemu = spawn(program, args, {
  stdio: ['ignore', 'ignore', 'pipe', 3],
  env: { PATH: process.env.PATH, LC_ALL: 'C' },
})
qemu.stderr.setEncoding('utf8').on('data', (text) => {
  stderr = (stderr + text).slice(-stderrKept)
})
qemu.once('error', (error) => finish('failed', { code: 'MACHINE_DIED', detail: error.message }))
qemu.once('close', (code, signal) => {
  if (ending) return finish(ending.state, ending.reason)
  const detail = stderr.trim().split('\n').at(-1) || (signal ?? `exit code ${code}`)
  if (spec.network && code === networkLost) return finish('failed', { code: 'NETWORK_MISSING', detail })
  finish(code === 0 ? 'stopped' : 'failed', code === 0 ? { code: 'ENDED' } : { code: 'MACHINE_DIED', detail })
})
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'])
  process.on(signal, () => (qmp ? powerOff({ code: 'HOST_STOPPED' }) : endQemu('stopped', { code: 'HOST_STOPPED' })))

const starting = setTimeout(() => endQemu('failed', { code: 'MACHINE_SILENT' }), startPatienceMs)
try {
  await listens('qmp.sock')
  qmp = await connectQmp('qmp.sock', { onEvent, onEnd: () => {} })
  serial = await openSerial('serial.sock', log)
  screen = openScreen('screen.sock')
  mirrors = openMirrorEnds(qmp)
  if (spec.network) await connectNetwork()
  await qmp.ask('cont')
  clearTimeout(starting)
  await look()
  await serve()
  setInterval(heartbeat, heartbeatMs)
} catch (error) {
  endQemu('failed', { code: 'MACHINE_DIED', detail: stderr.trim().split('\n').at(-1) || error.message })
}

function readSpec() {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, 'spec.json'), 'utf8'))
  } catch {
    process.exit(notWanted)
  }
}

/** The socket file exists before QEMU listens, so this tries to connect. Without a handshake QEMU waits for the next client. */
async function listens(name) {
  for (;;) {
    const listening = await new Promise((resolve) => {
      const socket = net.connect(name)
      socket.once('connect', () => socket.destroy(resolve(true))).once('error', () => resolve(false))
    })
    if (listening) return
    await sleep(10)
  }
}

/** If the network is missing, ends the machine before it runs, and throws. */
async function connectNetwork() {
  try {
    await joinBridge(spec.network)
  } catch (error) {
    endQemu('failed', { code: 'NETWORK_MISSING', detail: (error.stderr || error.message).trim().split('\n').at(-1) })
    throw error
  }
}

async function heartbeat() {
  try {
    await look()
    journal.prove()
    if (spec.network && !isJoined(spec.network)) rejoin()
    if (waitsForRoom && !panic.isStuck() && hasRoom()) await qmp.ask('cont')
  } catch (error) {
    // The folder is gone: the machine was destroyed. A full disk only delays the proof.
    if (error.code === 'ENOENT') {
      qemu.kill('SIGKILL')
      process.exit(0)
    }
  }
}

/** One at a time, and not awaited by the heartbeat, because it may take longer. */
async function rejoin() {
  if (isJoining) return
  isJoining = true
  await joinBridge(spec.network).catch(() => {})
  isJoining = false
}

function hasRoom() {
  const { bavail, bsize } = fs.statfsSync('.')
  return bavail * bsize > roomToGoOn
}

async function look() {
  const status = panic.statusOf((await qmp.ask('query-status')).status)
  if (status === 'internal-error') return endQemu('failed', { code: 'ACCELERATOR_FAILED' })
  const { state, reason } = spec.runStates[status] ?? {
    state: 'unknown',
    reason: { code: 'RUN_STATE', detail: status },
  }
  if (state === 'running') waitsForRoom = false
  const isFull = status === 'io-error' && waitsForRoom
  const seen = state === 'running' && panic.hasRestarted() ? { code: 'GUEST_RESTARTED' } : (reason ?? null)
  journal.note(state, isFull ? { code: 'DISK_FULL' } : seen)
}

/** One query at a time, however many events a guest causes. A failure, as on a full disk, ends nothing. */
async function lookSoon() {
  isOutdated = true
  if (isLooking) return
  isLooking = true
  try {
    while (isOutdated) {
      isOutdated = false
      await look()
    }
  } catch {
    // The heartbeat queries again.
  } finally {
    isLooking = false
  }
}

/** A stuck guest was stopped, and would stay stopped after a reset. */
async function reset() {
  const wasStuck = panic.isStuck()
  await qmp.ask('system_reset')
  if (!wasStuck) return
  await qmp.ask('cont')
  await look()
}

function onEvent(name, data) {
  if (name === 'SHUTDOWN' && !ending)
    ending = { state: 'stopped', reason: { code: data.guest ? 'GUEST_OFF' : 'ENDED' } }
  if (name === 'BLOCK_IO_ERROR' && data.action === 'stop') waitsForRoom = data.nospace === true
  const isOfPanic = panic.hear(name, data)
  if (isOfPanic || ['STOP', 'RESUME', 'SUSPEND', 'WAKEUP'].includes(name)) lookSoon()
}

/** Powers the guest off and lets QEMU flush the disk, which a kill would not. */
function powerOff(reason) {
  ending ??= { state: 'stopped', reason }
  setTimeout(() => qemu.kill('SIGKILL'), quitPatienceMs)
  qmp.ask('quit').catch(() => {})
}

function endQemu(state, reason) {
  ending ??= { state, reason }
  qemu.kill('SIGKILL')
}

function finish(state, reason) {
  try {
    journal.note(state, reason)
    fs.rmSync(path.join(folder, 'keeper.sock'), { force: true })
  } finally {
    process.exit(0)
  }
}

async function serve() {
  const file = path.join(folder, 'keeper.sock')
  process.umask(0o077)
  fs.rmSync(file, { force: true })
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    firstLine(socket, (words) => {
      if (words.open === 'console') return serial.join(socket, words)
      if (words.open === 'screen') return screen.join(socket, words)
      if (words.open === 'control') return control(socket, words)
      socket.destroy()
    })
  })
  // Through the folder's descriptor: the path may exceed the length limit of socket addresses.
  const descriptor = fs.openSync(folder, 'r')
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(`/proc/self/fd/${descriptor}/keeper.sock`, resolve)
  })
}

/** Reads a client's request: one line of JSON; what follows it stays in the socket. */
function firstLine(socket, answer) {
  let head = Buffer.alloc(0)
  socket.on('readable', function read() {
    for (let chunk = socket.read(); chunk; chunk = socket.read()) {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf(10)
      if (end < 0 && head.length > firstLineMost) return socket.destroy()
      if (end < 0) continue
      socket.off('readable', read)
      if (head.length > end + 1) socket.unshift(head.subarray(end + 1))
      try {
        answer(JSON.parse(head.subarray(0, end).toString()))
      } catch {
        socket.destroy()
      }
      return
    }
  })
}

async function control(socket, { execute, arguments: given = {} }) {
  const actions = {
    system_reset: reset,
    status: async () => ({ ...journal.current(), pid: qemu.pid }),
    end: async () => powerOff({ code: 'ENDED' }),
    'end-mirror': async () => mirrors.end(given.job),
    'is-settled': () => mirrors.isSettled(given.job),
    'forget-mirror': async () => mirrors.forget(given.job),
  }
  const act = actions[execute] ?? (() => qmp.ask(execute, given))
  try {
    socket.end(`${JSON.stringify({ return: (await act()) ?? null })}\n`)
  } catch (error) {
    socket.end(`${JSON.stringify({ error: error.message })}\n`)
  }
}
