import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const patienceMs = 2_000

/** Waits briefly for a port to become free, because a process that just ended may still hold it. */
export async function becomesFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(100)) {
    if (await isFree(port, host)) return true
  }
  return false
}

/** A free port below the ephemeral range, from which an outgoing connection could take our port while we are down. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000)
    if (await isFree(port)) return port
  }
}

/** Whether something listens on a port. */
export function isListening(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host })
    const answer = (is: boolean) => {
      socket.destroy()
      resolve(is)
    }
    socket.once('connect', () => answer(true)).once('error', () => answer(false))
  })
}

function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}
