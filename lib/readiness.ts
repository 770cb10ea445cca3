import 'server-only'
import { db } from '@/lib/db/client'
import { isWorkerAlive } from '@/lib/jobs/worker-sign'
import { log } from '@/lib/log'
import { within } from '@/lib/patience'
import { listRegions } from '@/lib/regions/reads'
import { storeOf } from '@/lib/stores/store'

export type Readiness = { database: boolean; stores: boolean; queue: boolean }

const keptMs = 1_000
const databaseMs = 2_000
const storeMs = 3_000

let last: { at: number; answer: Promise<Readiness> } | undefined
/** Pending queries by store: a hanging store is not queried again before it has answered. */
const asked = new Map<string, Promise<void>>()
let regions: string[] = []
const told = new Map<string, boolean>()

/** Whether the console can work. An answer is cached for a second, so requests cannot overload the stores. */
export function readiness(): Promise<Readiness> {
  if (!last || Date.now() - last.at > keptMs) last = { at: Date.now(), answer: look() }
  return last.answer
}

async function look(): Promise<Readiness> {
  const isDatabaseThere = await holds('database', databaseMs, async () => {
    regions = (await listRegions()).map((region) => region.id)
    await requireWrites()
  })
  const [queue, ...stores] = await Promise.all([
    isDatabaseThere && holds('queue', databaseMs, requireWorker),
    ...regions.map((id) => holds(`store of ${id}`, storeMs, () => checkStore(id))),
  ])
  return { database: isDatabaseThere, stores: stores.every(Boolean), queue }
}

// A standby answers reads but refuses this statement, which changes no row. Without writes nobody can sign in.
async function requireWrites(): Promise<void> {
  await db().$executeRaw`UPDATE "Region" SET name = name WHERE false`
}

async function requireWorker(): Promise<void> {
  if (!(await isWorkerAlive(db()))) throw new Error('No worker has been seen lately.')
}

async function checkStore(regionId: string): Promise<void> {
  let check = asked.get(regionId)
  if (!check) {
    check = storeOf(regionId)
      .check()
      .finally(() => asked.delete(regionId))
    asked.set(regionId, check)
  }
  await check
}

async function holds(what: string, patienceMs: number, look: () => Promise<void>): Promise<boolean> {
  const failure = await within(patienceMs, Promise.resolve().then(look)).then(
    () => null,
    (error) => ({ error }),
  )
  if (failure && told.get(what) !== false) log.warn({ err: failure.error }, `Not ready: ${what}.`)
  if (!failure && told.get(what) === false) log.info(`Ready again: ${what}.`)
  told.set(what, failure === null)
  return failure === null
}
