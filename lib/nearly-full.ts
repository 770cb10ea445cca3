import 'server-only'
import { log } from '@/lib/log'
import { gauge } from '@/lib/metrics'
import { within } from '@/lib/patience'
import { isReadOnly } from '@/lib/read-only'
import { listRegions } from '@/lib/regions/reads'
import { isNearlyFull, type Place } from '@/lib/stores/room'
import { stagingPlace } from '@/lib/stores/staging'
import { storeOf } from '@/lib/stores/store'

const keptMs = 1_000
/** The time limit for a hanging file system. */
const patienceMs = 2_000

let last: { at: number; answer: Promise<string[]> } | undefined
let told = ''
/** The last known regions: a full disk may keep the database from answering which there are. */
let regions: string[] = []

/** The nearly full places: `database` (the console is then read-only), `staging`, and regions by id. Checked at most once a second. */
export async function nearlyFull(): Promise<string[]> {
  const now = performance.now()
  if (!last || now - last.at > keptMs) last = { at: now, answer: look() }
  return await last.answer
}

/** Exports the nearly full places of this process as a metric. */
export function tellOfFullPlaces(): void {
  const help = 'Places that will soon take nothing more: database, staging, and regions.'
  gauge('ecs_nearly_full', help, ['place'], async (places) => {
    const names = await nearlyFull().catch(() => [])
    places.reset()
    for (const place of names) places.set({ place }, 1)
  })
}

async function look(): Promise<string[]> {
  const listed = within(patienceMs, listRegions()).then((all) => all.map(({ id }) => id))
  regions = await listed.catch(() => regions)
  const stores = regions.map((id) => ({ name: id, place: storeOf(id).local }))
  const places = [{ name: 'staging', place: stagingPlace() }, ...stores]
  const found = await Promise.all(places.map(async ({ name, place }) => ((await isFull(place)) ? [name] : [])))
  const names = [...((await isReadOnly()) ? ['database'] : []), ...found.flat()]
  if (names.join() !== told && names.length > 0)
    log.warn({ places: names }, 'Little room is left. Enlarge the disk or delete images for good.')
  told = names.join()
  return names
}

async function isFull(place: Place | null): Promise<boolean> {
  return place !== null && (await within(patienceMs, isNearlyFull(place)).catch(() => false))
}
