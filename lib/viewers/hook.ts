import 'server-only'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** What the program around Next asks for. It is plain JavaScript of no bundle, so it finds this by a name that both know. */
type Hook = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<number | null>
  end(): void
}

const kept = globalThis as typeof globalThis & { ecsViews?: Hook }

/** Lets the program around Next hand WebSockets over. What they need is loaded with the first of them. */
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
