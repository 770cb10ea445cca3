import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import { sealSession } from '@/lib/auth/session-cookie'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { paths } from '@/lib/paths'
import { within } from '@/lib/patience'
import { ok } from '@/lib/result'
import { account, type TestAccount } from '@/lib/testing/builders'
import { type Findings, median } from './figures'
import { type Place, tell } from './place'
import { cookieFor, type Running, startServer } from './programs'
import { workingCopy } from './working-copy'

const streams = 1_000
/** Streams of one tenant, in ten accounts, because an account may have at most 24. */
const ofTenant = 200
const perAccount = 20
const rounds = 10
const memoryMibMax = 100
const changeMsMax = 200
const patienceMs = 30_000
/** Longer than 300 ms, within which changes are sent as one. */
const apartMs = 700

type Tab = { close(): void; next(): Promise<void> }

/** The memory of a thousand open pages in a server, and the time of an event to reach the last page of its tenant. */
export async function measureStreams(place: Place): Promise<Findings> {
  const copy = await workingCopy(place)
  const server = await startServer(place, copy.folder, place.databaseUrl, copy.environment)
  const [tenant, ...others] = await makeTenants()
  if (!tenant) throw new Error('There is no tenant.')
  // Not counted: what the first streams load once.
  for (const tab of await openTabs(server, tenant, perAccount)) tab.close()
  await apart()
  const before = memoryMib(server.pid)
  tell(`Streams: ${streams} pages listen …`)
  const tabs = await openTabs(server, tenant, ofTenant)
  const rest: Tab[] = []
  for (const other of others) rest.push(...(await openTabs(server, other, (streams - ofTenant) / others.length)))
  await apart()
  const more = memoryMib(server.pid) - before
  const took: number[] = []
  for (let round = 0; round <= rounds; round++) {
    await apart()
    const heard = Promise.all(tabs.map((tab) => tab.next()))
    const began = performance.now()
    await inTransaction(async (tx) => ok(await recordEvents(tx, tenant[0].ctx, [{ action: 'image.update' }])))
    await within(patienceMs, heard)
    // The first round is a warm-up, which does not count.
    if (round > 0) took.push(performance.now() - began)
  }
  for (const tab of [...tabs, ...rest]) tab.close()
  await server.stop()
  await db().$disconnect()
  const atMost = { of: 'value', bound: 'at most' } as const
  const section = 'streams'
  return {
    figures: [
      {
        section,
        name: `memory of ${streams} open`,
        value: more,
        unit: 'MiB',
        aim: { ...atMost, number: memoryMibMax },
      },
      {
        ...{ section, name: `an event to all ${ofTenant} of a tenant, with its commit`, unit: 'ms' },
        ...{ value: median(took), aim: { ...atMost, number: changeMsMax } },
      },
    ],
    notes: [`The slowest of ${rounds} events took ${Math.max(...took).toFixed(0)} ms.`],
  }
}

type Tenant = [TestAccount, ...TestAccount[]]

async function makeTenants(): Promise<Tenant[]> {
  const tenants: Tenant[] = []
  for (let count = 0; count < streams / ofTenant; count++) {
    const master = await account()
    const subs: TestAccount[] = []
    while (subs.length < ofTenant / perAccount - 1) subs.push(await account({ master }))
    tenants.push([master, ...subs])
  }
  return tenants
}

/** Opens streams of a tenant, spread over its accounts, and waits until each has begun. */
async function openTabs(server: Running, accounts: Tenant, count: number): Promise<Tab[]> {
  const cookies: string[] = []
  for (const { id } of accounts) cookies.push(await cookieOf(server, id))
  const tabs: Tab[] = []
  // Spread over time: people do not open them all in one second.
  while (tabs.length < count) {
    const some = cookies.slice(0, count - tabs.length).map((cookie) => openTab(server, cookie))
    tabs.push(...(await Promise.all(some)))
  }
  return tabs
}

async function cookieOf(server: Running, accountId: string): Promise<string> {
  const sessionId = crypto.randomUUID()
  const now = new Date()
  const expiresAt = new Date(now.getTime() + 3_600_000)
  await db().session.create({ data: { id: sessionId, accountId, createdAt: now, expiresAt } })
  return cookieFor(server, await sealSession({ accountId, sessionId }))
}

async function openTab({ url }: Running, cookie: string): Promise<Tab> {
  const request = http.get(`${url}${paths.api.changes()}`, { headers: { cookie }, agent: false })
  const [response]: http.IncomingMessage[] = await once(request, 'response')
  if (response?.statusCode !== 200) throw new Error(`A stream was answered with ${response?.statusCode}.`)
  response.on('error', () => {})
  await once(response, 'data')
  let hear = () => {}
  response.on('data', (text: Buffer) => {
    if (text.includes('event: change')) hear()
  })
  return {
    close: () => request.destroy(),
    next: () =>
      new Promise((resolve) => {
        hear = resolve
      }),
  }
}

/** The memory in use of a process, with its threads. */
function memoryMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) / 1024
}

async function apart(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, apartMs))
}
