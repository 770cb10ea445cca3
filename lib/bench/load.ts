import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { z } from 'zod'
import { sealSession } from '@/lib/auth/session-cookie'
import { db } from '@/lib/db/client'
import { paths } from '@/lib/paths'
import { type Figure, type Findings, median } from './figures'
import { type ImageRows, makeImageRows } from './image-rows'
import { type Place, tell } from './place'
import { cookieFor, type Running, startServer } from './programs'
import { makeRegion, type ShareTask, spreadTasks } from './share-tasks'
import { workingCopy } from './working-copy'

/** The number of simultaneous clients. The 64 clients share ten database connections. */
const clients = [1, 8, 64] as const
const crowd = 64
const p99Ms: Record<string, number> = { 'share by HTTP': 450, 'Images page': 1_500 }
/** Enough for an owner of a thousand images, and created within seconds. */
const imagesMax = 100_000

type Ask = { path: string; cookie: string; action?: string; body?: string }
type Kind = { what: string; server: Running; asks: (amount: number) => Promise<Ask[]> }
type Met = { perSecond: number; p50: number; p99: number }

/** Shares by the form's own request, and owners' reads, over HTTP, by 1, 8 and 64 clients. */
export async function measureLoad(place: Place): Promise<Findings> {
  const copy = await workingCopy(place)
  await makeRegion()
  const rows = await makeImageRows(place, { name: 'load', images: Math.min(imagesMax, place.sizes.images) })
  const start = (url: string) => startServer(place, copy.folder, url, copy.environment)
  // Shares are made in a separate database, so that the data for reads does not change.
  const [sharing, reading] = [await start(place.databaseUrl), await start(rows.url)]
  const share = { server: sharing, asks: shareAsks(sharing, shareActionOf(copy.folder)) }
  const reads = Object.entries(await readAsks(reading, rows)).map(([what, ask]) => ({
    ...{ what, server: reading },
    asks: async (amount: number) => Array.from({ length: amount }, () => ask),
  }))
  const kinds = [{ what: 'share by HTTP', ...share }, ...reads]
  tell('Load: all of it once, to warm up …')
  await measureRound(kinds, place.sizes.requests, clients[1])
  const figures: Figure[] = []
  for (const count of clients) {
    tell(`Load: ${place.sizes.rounds} rounds by ${count} at once …`)
    figures.push(...(await measureRounds(place, kinds, count)))
  }
  for (const server of [sharing, reading]) await server.stop()
  await db().$disconnect()
  return { figures, notes: [] }
}

async function measureRounds({ sizes }: Place, kinds: Kind[], count: number): Promise<Figure[]> {
  // Several for every client, so that most are measured while all clients are active.
  const amount = count === 1 ? Math.ceil(sizes.shares / 4) : Math.max(Math.ceil(sizes.shares / 2), 4 * count)
  const rounds: Met[][] = []
  for (let round = 0; round < sizes.rounds; round++) rounds.push(await measureRound(kinds, amount, count))
  return kinds.flatMap(({ what }, index) =>
    figuresOf(
      what,
      count,
      rounds.map((met) => met[index]).filter((met) => !!met),
    ),
  )
}

async function measureRound(kinds: Kind[], amount: number, count: number): Promise<Met[]> {
  const met: Met[] = []
  for (const { server, asks } of kinds) met.push(await askAll(server, await asks(amount), count))
  return met
}

function figuresOf(what: string, count: number, met: Met[]): Figure[] {
  const name = `${what}, ${count === 1 ? 'by one client' : `by ${count} at once`}`
  const middle = (key: keyof Met) => median(met.map((one) => one[key]))
  const p99: Figure = { section: 'load', name: `${name}: p99`, value: middle('p99'), unit: 'ms' }
  const number = p99Ms[what]
  if (count === crowd && number !== undefined) p99.aim = { of: 'value', bound: 'at most', number }
  return [
    { section: 'load', name, value: middle('perSecond'), unit: '/s' },
    { section: 'load', name: `${name}: p50`, value: middle('p50'), unit: 'ms' },
    p99,
  ]
}

async function askAll({ url }: Running, asks: Ask[], workers: number): Promise<Met> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: workers })
  const took: number[] = []
  let next = 0
  const began = performance.now()
  const work = async () => {
    for (let ask = asks[next++]; ask; ask = asks[next++]) {
      const since = performance.now()
      await answerTo(url, ask, agent)
      took.push(performance.now() - since)
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  const perSecond = asks.length / ((performance.now() - began) / 1_000)
  agent.destroy()
  took.sort((a, b) => a - b)
  return { perSecond, p50: median(took), p99: took[Math.ceil(took.length * 0.99) - 1] ?? 0 }
}

/** Resolves with a complete answer. A refusal is quick, so it counts as a failure. */
async function answerTo(url: string, { path, cookie, action, body }: Ask, agent: http.Agent): Promise<void> {
  const headers = action
    ? { cookie, 'next-action': action, 'content-type': 'text/plain;charset=UTF-8' }
    : { cookie, accept: '*/*' }
  await new Promise<void>((resolve, reject) => {
    const request = http.request(`${url}${path}`, { agent, headers, method: action ? 'POST' : 'GET' }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        if (action) text += chunk
      })
      answer.on('end', () => {
        if (answer.statusCode === 200 && (!action || /^\w+:\{"ok":true/m.test(text))) resolve()
        else reject(new Error(`${path} was answered with ${answer.statusCode}: ${text.slice(0, 300)}`))
      })
      answer.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

const ownList = z.object({ items: z.array(z.object({ id: z.string() })) })

async function readAsks(server: Running, { region, owner, many }: ImageRows): Promise<Record<string, Ask>> {
  const cookie = cookieFor(server, (many ?? owner).session)
  const list = { path: paths.api.images({ region }), cookie }
  const listed = await fetch(`${server.url}${list.path}`, { headers: { cookie } })
  const [image] = ownList.parse(await listed.json()).items
  return {
    'Images page': { path: paths.customImages(region), cookie },
    'own list': list,
    details: { path: paths.api.image(region, image?.id ?? ''), cookie },
    'shared list': { path: paths.api.sharedImages({ region }), cookie },
  }
}

/** Share requests that break no rule, as the form sends them, with each owner's session. */
function shareAsks(server: Running, action: string): Kind['asks'] {
  return async (amount) => {
    const tasks = await spreadTasks(amount)
    const cookies = await signInAll(server, tasks)
    return tasks.map(({ region, imageId, owner, recipient }) => {
      const body = JSON.stringify([{ region, imageId, usernames: [recipient.username], note: '' }])
      return { path: paths.shareImage(region, imageId), cookie: cookies.get(owner.id) ?? '', action, body }
    })
  }
}

const manifest = z.object({ node: z.record(z.string(), z.object({ exportedName: z.string() }).loose()) })

/** The id of the share form's action in this build. */
function shareActionOf(folder: string): string {
  const file = path.join(folder, '.next/server/server-reference-manifest.json')
  const { node } = manifest.parse(JSON.parse(fs.readFileSync(file, 'utf8')))
  const found = Object.entries(node).find(([, action]) => action.exportedName === 'shareImageAction')
  if (!found) throw new Error(`${file} names no shareImageAction.`)
  return found[0]
}

async function signInAll(server: Running, tasks: ShareTask[]): Promise<Map<string, string>> {
  const owners = [...new Set(tasks.map((task) => task.owner.id))]
  const now = new Date()
  const rows = owners.map((accountId) => ({
    id: crypto.randomUUID(),
    accountId,
    createdAt: now,
    expiresAt: new Date(now.getTime() + 24 * 60 * 60 * 1_000),
  }))
  await db().session.createMany({ data: rows })
  const sealed = rows.map(async ({ id, accountId }): Promise<[string, string]> => {
    return [accountId, cookieFor(server, await sealSession({ accountId, sessionId: id }))]
  })
  return new Map(await Promise.all(sealed))
}
