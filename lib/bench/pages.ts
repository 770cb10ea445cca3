import { z } from 'zod'
import { paths } from '@/lib/paths'
import type { Figure, Findings } from './figures'
import { type ImageRows, makeImageRows, type Owner } from './image-rows'
import { type Place, tell } from './place'
import { cookieFor, type Running, startServer } from './programs'
import { ask, type Cost, medianCost, type Target } from './requests'
import { workingCopy } from './working-copy'

const sizes = [1_000]
const flat = 1.5
const overConstant = 1.3
/** The measured requests: the Images page, its JSON, and the requests of every open page and form. */
const pathsOf = {
  page: (region: string) => paths.customImages(region),
  JSON: (region: string) => paths.api.images({ region }),
  'shared list': (region: string) => paths.api.sharedImages({ region }),
  'new shares': (region: string) => paths.api.newShares(region),
  quotas: () => paths.api.quotas(),
  'shares given': (region: string) => paths.api.sharing({ region, tab: 'given' }),
  'shares received': (region: string) => paths.api.sharing({ region }),
} as const
const kinds = ['page', 'JSON', 'shared list', 'new shares', 'quotas', 'shares given', 'shares received'] as const
const constantName = 'page of constant data'

type Kind = keyof typeof pathsOf
/** A page takes ten times as long as its data, and its times vary less, so it is requested half as often. */
type Measured = Target & { isPage: boolean }
type Costs = Map<string, Cost>
type Served = { rows: ImageRows; server: Running }

/** The Images page and its JSON route with growing numbers of images, compared with a page of constant data. */
export async function measurePages(place: Place): Promise<Findings> {
  const copy = await workingCopy(place)
  const served: Served[] = []
  for (const size of [...sizes.filter((size) => size < place.sizes.images), place.sizes.images]) {
    const rows = await makeImageRows(place, { name: `images_${size}`, images: size })
    served.push({ rows, server: await startServer(place, copy.folder, rows.url, copy.environment) })
  }
  const [smallest, largest] = [served[0], served.at(-1)]
  if (!smallest || !largest) throw new Error('Nothing is served.')
  copy.setConstants(await readConstants(largest))
  const { owner, many, region } = largest.rows
  const costs = await measureInTurn(place, [
    ...served.flatMap((one) => targetsOf(place, one, one.rows.owner)),
    ...(many ? targetsOf(place, largest, many) : []),
    toTarget(place, largest, { name: constantName, path: copy.constantPage(region), cookie: '', isPage: true }),
  ])
  for (const { server } of served) await server.stop()
  const figures = kinds.flatMap((kind) => [
    ...served
      .slice(1)
      .flatMap(({ rows }) => flatness(costs, nameOf(kind, rows.owner), nameOf(kind, smallest.rows.owner))),
    ...(many ? flatness(costs, nameOf(kind, many), nameOf(kind, owner)) : []),
  ])
  return { figures: [...figures, againstConstant(costs, nameOf('page', owner))], notes: notesOf(costs) }
}

// Compared figures are measured in alternating rounds, so that a busy moment affects all of them.
async function measureInTurn({ sizes }: Place, targets: Measured[]): Promise<Costs> {
  tell(`Pages: ${sizes.rounds} rounds of ${targets.length} targets, up to ${2 * sizes.requests} requests each …`)
  const rounds = new Map(targets.map(({ name }): [string, Cost[]] => [name, []]))
  for (let round = 0; round <= sizes.rounds; round++) {
    for (const target of targets) {
      const requests = target.isPage ? Math.ceil(sizes.requests / 2) : sizes.requests
      // The first round is a warm-up, which does not count.
      const cost = await ask(target, round > 0 ? requests : Math.ceil(requests / 4))
      if (round > 0) rounds.get(target.name)?.push(cost)
    }
  }
  return new Map([...rounds].map(([name, costs]) => [name, medianCost(costs)]))
}

function targetsOf(place: Place, served: Served, owner: Owner): Measured[] {
  const { region } = served.rows
  return kinds.map((kind) =>
    toTarget(place, served, {
      name: nameOf(kind, owner),
      path: pathsOf[kind](region),
      cookie: cookieFor(served.server, owner.session),
      isPage: kind === 'page',
    }),
  )
}

function toTarget(
  { postgres }: Place,
  { server }: Served,
  { path, ...target }: { name: string; path: string; cookie: string; isPage: boolean },
): Measured {
  return { ...target, url: `${server.url}${path}`, server: server.pid, postgres }
}

function nameOf(kind: Kind, { words }: Owner): string {
  return `${kind} with ${words}`
}

const json = z.unknown()

async function readConstants({ rows, server }: Served): Promise<unknown> {
  const { region, owner } = rows
  const read = async (path: string) => {
    const answer = await fetch(`${server.url}${path}`, { headers: { cookie: cookieFor(server, owner.session) } })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}.`)
    return json.parse(await answer.json())
  }
  const [images, newShares] = [await read(paths.api.images({ region })), await read(paths.api.newShares(region))]
  const [contents, unread] = [await read(paths.api.regions()), await read(paths.api.unreadNotices())]
  const viewer = {
    accountId: owner.username,
    username: owner.username,
    ownerUsername: owner.username,
    displayName: owner.username,
    kind: 'MASTER',
    rights: 'all',
  }
  return {
    context: { viewer },
    regions: [{ id: region, name: 'Benchmark', nameZh: null }],
    contents,
    images,
    newShares,
    unread,
  }
}

function flatness(costs: Costs, name: string, base: string): Figure[] {
  const [cost, limit] = [costOf(costs, name), costOf(costs, base)]
  const figure = (what: string, key: keyof Cost): Figure => ({
    section: 'pages',
    name: `${name}: ${what}`,
    value: cost[key],
    unit: 'ms',
    limit: { value: limit[key], of: base.replace(/^.* with /, 'with ') },
    aim: { of: 'ratio', bound: 'at most', number: flat },
  })
  return [figure('p50 one by one', 'single'), figure('p50 ten at once', 'atOnce'), figure('processor', 'processor')]
}

function againstConstant(costs: Costs, name: string): Figure {
  return {
    section: 'pages',
    name: `${name}: processor`,
    value: costOf(costs, name).processor,
    unit: 'ms',
    limit: { value: costOf(costs, constantName).processor, of: constantName },
    aim: { of: 'ratio', bound: 'at most', number: overConstant },
  }
}

function costOf(costs: Costs, name: string): Cost {
  const cost = costs.get(name)
  if (!cost) throw new Error(`${name} was not measured.`)
  return cost
}

function notesOf(costs: Costs): string[] {
  return [...costs].map(([name, { single, atOnce, processor, database }]) => {
    const p50 = `p50 ${single.toFixed(1)} ms one by one, ${atOnce.toFixed(1)} ms ten at once`
    return `${name}: ${p50}; processor ${processor.toFixed(1)} ms, PostgreSQL's ${database.toFixed(2)} ms more`
  })
}
