import 'server-only'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** The interface for the server program around Next.js. That is plain JavaScript outside the bundle, so it is on globalThis. */
type Hook = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<number | null>
  end(): void
}

const kept = globalThis as typeof globalThis & { ecsViews?: Hook }

/** Registers the handler for WebSockets with the server program. Its modules are loaded with the first one. */
export function takeUpgrades(): void {
  let isLoaded = false
  const load = () => import('./upgrade')
  kept.ecsViews = {
    upgrade: async (request, socket, head) => {
      isLoaded = true
      return await (await load()).upgrade(request, socket, head)
    },
    end: () => void (isLoaded && load().then(({ endViews }) => endViews())),
  }
}
