import 'server-only'
import { log } from '@/lib/log'
import { listRegions } from '@/lib/regions/reads'
import { isNearlyFull, type Place } from '@/lib/stores/room'
import { stagingPlace } from '@/lib/stores/staging'
import { storeOf } from '@/lib/stores/store'

const keptMs = 1_000
/** A file system that hangs must not keep whoever asks. */
const patienceMs = 2_000

let last: { at: number; answer: Promise<string[]> } | undefined
let told = ''

/** The places that will soon take nothing more: `staging`, and regions by their ids. Looked at once a second at most. */
export async function nearlyFull(): Promise<string[]> {
  const now = performance.now()
  if (!last || now - last.at > keptMs) last = { at: now, answer: look() }
  return await last.answer
}

async function look(): Promise<string[]> {
  const stores = (await listRegions()).map(({ id }) => ({ name: id, place: storeOf(id).local }))
  const places = [{ name: 'staging', place: stagingPlace() }, ...stores]
  const found = await Promise.all(places.map(async ({ name, place }) => ((await isFull(place)) ? [name] : [])))
  const names = found.flat()
  // Said once and not at every look.
  if (names.join() !== told && names.length > 0)
    log.warn({ places: names }, 'Little room is left. Enlarge the disk or delete images for good.')
  told = names.join()
  return names
}

async function isFull(place: Place | null): Promise<boolean> {
  if (!place) return false
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceMs)
  })
  return await Promise.race([isNearlyFull(place).catch(() => false), late]).finally(() => clearTimeout(timer))
}
