import type pg from 'pg'
import { db } from '@/lib/db/client'
import { shareImage } from '@/lib/shares/writes'
import { type Figure, type Findings, median } from './figures'
import { type Place, tell, withClients } from './place'
import { issueByHand, issuedBy, type Recipe, toRecipe } from './share-statements'
import { contextOf, makeRegion, oneOwnerTasks, type ShareTask, spreadTasks } from './share-tasks'

const connections = 10

/** Shares per second, and this process's own milliseconds for each. */
type Pace = { perSecond: number; processor: number }
type Variant = { name: string; aim: number; make: (count: number) => Promise<ShareTask[]> }

/** Shares per second of the domain operation, compared with its own statements sent by hand over as many connections. */
export async function measureShares(place: Place): Promise<Findings> {
  await makeRegion()
  const statements = await learnStatements()
  const found = await withClients(place.databaseUrl, connections, async (clients) => [
    await compare(place, clients, statements.recipe, {
      name: 'over many images and owners',
      aim: 0.8,
      make: spreadTasks,
    }),
    await compare(place, clients, statements.recipe, { name: 'of one owner', aim: 0.9, make: oneOwnerTasks }),
  ])
  await requireEveryShare()
  await db().$disconnect()
  const notes = found.flatMap((one) => one.notes)
  return {
    figures: found.flatMap((one) => one.figures),
    notes: [...notes, `One share issues ${statements.texts.length} statements:`, ...statements.texts],
  }
}

async function learnStatements(): Promise<{ recipe: Recipe; texts: string[] }> {
  const [first, second] = await spreadTasks(2)
  if (!first || !second) throw new Error('There is no share to learn from.')
  await share(first)
  let shareId = ''
  const issued = await issuedBy(async () => {
    shareId = await share(second)
  })
  const texts = issued.map(({ text }) => text.replaceAll(/\s+/g, ' ').trim())
  return { recipe: toRecipe(issued, second, shareId), texts }
}

async function compare(place: Place, clients: pg.Client[], recipe: Recipe, variant: Variant): Promise<Findings> {
  const { shares, rounds } = place.sizes
  tell(`Shares ${variant.name}: ${rounds} rounds of ${shares} …`)
  const byProduct = async (count = shares) => pace(await variant.make(count), share)
  const byHand = async (count = shares) =>
    pace(await variant.make(count), async (task, worker) => {
      const client = clients[worker]
      if (client) await issueByHand(client, recipe, task)
    })
  // A warm-up of both, which does not count.
  await byProduct(Math.ceil(shares / 4))
  await byHand(Math.ceil(shares / 4))
  const [product, hand]: [Pace[], Pace[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    product.push(await byProduct())
    hand.push(await byHand())
  }
  const figure: Figure = {
    section: 'shares',
    name: `shares ${variant.name}`,
    value: median(product.map((one) => one.perSecond)),
    unit: '/s',
    limit: { value: median(hand.map((one) => one.perSecond)), of: 'same SQL by hand' },
    aim: { of: 'ratio', bound: 'at least', number: variant.aim },
  }
  const processor = (paces: Pace[]) => `${median(paces.map((one) => one.processor)).toFixed(2)} ms`
  const note = `A share ${variant.name} takes Node ${processor(product)}, the same SQL by hand ${processor(hand)}.`
  return { figures: [figure], notes: [note] }
}

/** Makes one share with the domain operation, and returns its id. A refusal is a bug of the benchmark. */
export async function share(task: ShareTask): Promise<string> {
  const usernames = [task.recipient.username]
  const result = await shareImage(contextOf(task), { region: task.region, imageId: task.imageId, usernames, note: '' })
  if (!result.ok) throw new Error(`A share of the benchmark was refused: ${JSON.stringify(result.refusal)}`)
  return result.value[0]?.id ?? ''
}

/** Works through tasks, ten at a time. */
export async function pace(
  tasks: ShareTask[],
  issue: (task: ShareTask, worker: number) => Promise<unknown>,
): Promise<Pace> {
  let next = 0
  const [began, before] = [performance.now(), process.cpuUsage()]
  const work = async (worker: number) => {
    for (let task = tasks[next++]; task; task = tasks[next++]) await issue(task, worker)
  }
  await Promise.all(Array.from({ length: connections }, (_, worker) => work(worker)))
  const { user, system } = process.cpuUsage(before)
  return {
    perSecond: tasks.length / ((performance.now() - began) / 1_000),
    processor: (user + system) / 1_000 / tasks.length,
  }
}

// The statements sent by hand must have the same effect as the operation, otherwise the comparison is meaningless.
async function requireEveryShare(): Promise<void> {
  const [shares, events, days] = await Promise.all([
    db().share.count(),
    db().event.count({ where: { action: 'share.create' } }),
    db().shareDay.aggregate({ _sum: { used: true } }),
  ])
  if (shares === 0 || shares !== events || shares !== days._sum.used)
    throw new Error(
      `${shares} shares, ${events} events and ${days._sum.used} of the days: the runs did not do the same.`,
    )
}
