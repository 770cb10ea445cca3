import 'server-only'
import dns from 'node:dns/promises'
import net from 'node:net'

const timeoutMs = 3_000
const tries = 2

type Asked = {
  signal: AbortSignal
  isPrivateAllowed: boolean
  servers?: string[]
}

/**
 * The addresses of a host, which may itself be an address. Throws if there is none, or when the signal aborts.
 *
 * Names are resolved by the name servers directly. The system's resolver would also read /etc/hosts, and a silent name server
 * would occupy one of the four libuv threads that read and write this process's files. It is used only if private networks are
 * allowed, for names that the servers lack, and one at a time.
 */
export async function addressesOf(host: string, asked: Asked): Promise<string[]> {
  if (net.isIP(host)) return [host]
  // Names under localhost are this machine, whatever a name server says (RFC 6761).
  if (!asked.isPrivateAllowed && /(^|\.)localhost\.?$/i.test(host)) return ['127.0.0.1']
  try {
    return await askServers(host, asked)
  } catch (error) {
    if (!asked.isPrivateAllowed || asked.signal.aborted) throw error
    return await askSystem(host, asked.signal)
  }
}

async function askServers(host: string, { signal, servers }: Asked): Promise<string[]> {
  signal.throwIfAborted()
  const resolver = new dns.Resolver({ timeout: timeoutMs, tries })
  if (servers) resolver.setServers(servers)
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    const found = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (found.length === 0) throw v4.status === 'rejected' ? v4.reason : new Error('The name has no address.')
    return found
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

let last: Promise<unknown> = Promise.resolve()

async function askSystem(host: string, signal: AbortSignal): Promise<string[]> {
  const mine = last.then(async () => {
    signal.throwIfAborted()
    return (await dns.lookup(host, { all: true })).map(({ address }) => address)
  })
  last = mine.catch(() => {})
  return await mine
}
