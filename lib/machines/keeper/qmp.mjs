// The QEMU Machine Protocol: one JSON object per line, over a Unix socket that serves a single client.
import net from 'node:net'
import { createInterface } from 'node:readline'

const patienceMs = 10_000

/**
 * Connects to QEMU and completes the handshake. `onEvent` is called for every event, `onEnd` once when the connection is closed.
 * @param {string} path
 * @param {{ onEvent: (name: string, data: any) => void, onEnd: () => void }} told
 */
export async function connectQmp(path, { onEvent, onEnd }) {
  const socket = net.connect(path)
  const waiting = new Map()
  let number = 0
  let greet
  const greeting = new Promise((resolve) => (greet = resolve))
  const lines = createInterface({ input: socket })
  // `close` reports a broken connection; readline repeats the error of its input.
  lines.on('error', () => {})
  lines.on('line', (line) => {
    const message = JSON.parse(line)
    if (message.QMP) return greet()
    if (message.event) return onEvent(message.event, message.data ?? {})
    const asked = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.error) asked?.reject(new Error(`${message.error.class}: ${message.error.desc}`))
    else asked?.resolve(message.return)
  })
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('QEMU has ended.'))
    waiting.clear()
    onEnd()
  })
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.on('error', () => {})

  /** Sends a command and waits for the response, ten seconds at most. */
  function ask(execute, args) {
    return new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(new Error('QEMU has ended.'))
      const id = ++number
      const timer = setTimeout(() => {
        waiting.delete(id)
        reject(new Error(`QEMU did not answer ${execute}.`))
      }, patienceMs)
      const done = (settle) => (value) => {
        clearTimeout(timer)
        settle(value)
      }
      waiting.set(id, { resolve: done(resolve), reject: done(reject) })
      socket.write(`${JSON.stringify({ execute, arguments: args, id })}\n`)
    })
  }

  await Promise.race([
    greeting,
    new Promise((_, reject) => setTimeout(reject, patienceMs, new Error('QEMU is silent.'))),
  ])
  await ask('qmp_capabilities')
  return { ask }
}
