import 'server-only'
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'

/** The most bytes in flight to a browser; then the machine's side is paused. */
const waitingMost = 256 * 1024
const stallMs = 20_000

export type Pump = {
  isStalled(now: number): boolean
  /** Whether reading from the browser is paused because of the machine, so that not even its pong is read. */
  isHeld(): boolean
  /** Whether reading from the machine is paused because of the browser. */
  isBehind(): boolean
}

/** Passes bytes between a machine and a browser, with backpressure in both directions. */
export function pump(view: Duplex, socket: WebSocket): Pump {
  let waiting = 0
  let tookAt = Date.now()
  let isHeld = false
  view.on('data', (chunk: Buffer) => {
    if (waiting === 0) tookAt = Date.now()
    waiting += chunk.length
    if (waiting > waitingMost) view.pause()
    socket.send(chunk, () => {
      waiting -= chunk.length
      tookAt = Date.now()
      if (waiting <= waitingMost / 2) view.resume()
    })
  })
  socket.on('message', (data: RawData, isBinary: boolean) => {
    if (!isBinary || view.destroyed || view.write(asBuffer(data))) return
    isHeld = true
    socket.pause()
    view.once('drain', () => {
      isHeld = false
      socket.resume()
    })
  })
  return {
    isStalled: (now) => waiting > 0 && now - tookAt > stallMs,
    isHeld: () => isHeld,
    isBehind: () => waiting > waitingMost / 2,
  }
}

function asBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
