import autocannon from 'autocannon'
import { median } from './figures'
import { processorMs } from './processor-time'

export type Target = { name: string; url: string; cookie: string; server: number; postgres: number }

/** Milliseconds: the median of requests one by one and of ten at once; processor time of one. */
export type Cost = { single: number; atOnce: number; processor: number; database: number }

const simultaneous = 10
/** A slow answer is a figure; only a missing one is a failure. */
const patienceSeconds = 60

/** Sends a number of requests one by one, and the same number ten at a time. */
export async function ask(target: Target, requests: number): Promise<Cost> {
  // A server that was idle for some seconds has closed its database connections.
  await middleMs(target, simultaneous, 2 * simultaneous)
  const before = { server: processorMs(target.server), postgres: processorMs(target.postgres) }
  const single = await middleMs(target, 1, requests)
  const atOnce = await middleMs(target, simultaneous, requests)
  const each = (after: number, since: number) => (after - since) / (2 * requests)
  return {
    single,
    atOnce,
    processor: each(processorMs(target.server), before.server),
    database: each(processorMs(target.postgres), before.postgres),
  }
}

export function medianCost(costs: Cost[]): Cost {
  return {
    single: median(costs.map((cost) => cost.single)),
    atOnce: median(costs.map((cost) => cost.atOnce)),
    processor: median(costs.map((cost) => cost.processor)),
    database: median(costs.map((cost) => cost.database)),
  }
}

async function middleMs({ name, url, cookie }: Target, connections: number, amount: number): Promise<number> {
  const took: number[] = []
  const headers: Record<string, string> = cookie ? { cookie } : {}
  const running = autocannon({ url, connections, amount, timeout: patienceSeconds, headers })
  running.on('response', (_client, _status, _bytes, milliseconds) => took.push(milliseconds))
  const { errors, timeouts, non2xx } = await running
  // A page that leads to the sign-in page instead would be quick.
  if (errors + non2xx > 0)
    throw new Error(`${name}: ${non2xx} answers were refusals, ${errors} requests had none (${timeouts} in time).`)
  return median(took)
}
