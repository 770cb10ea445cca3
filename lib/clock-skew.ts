import 'server-only'
import { db } from '@/lib/db/client'
import { log } from '@/lib/log'

// Leases use only the database's clock. Times on the screen, and the day of the daily limit, come from this process, so the
// operator must know if its clock is wrong.

const skewMaxMs = 5_000
const keptMs = 1_000

let last: { at: number; skewMs: Promise<number> } | undefined
let isTold = false

/** How many seconds our clock is ahead of the database's, negative if behind; null up to 5 s. */
export async function clockSkewSeconds(): Promise<number | null> {
  const now = performance.now()
  if (!last || now - last.at > keptMs) last = { at: now, skewMs: measure() }
  const skewMs = await last.skewMs
  const isWrong = Math.abs(skewMs) > skewMaxMs
  const seconds = Math.round(skewMs / 1_000)
  if (isWrong && !isTold)
    log.warn({ seconds }, 'The clock of this process is not that of the database. Set it, as with NTP.')
  if (!isWrong && isTold) log.info('The clock of this process is that of the database again.')
  isTold = isWrong
  return isWrong ? seconds : null
}

async function measure(): Promise<number> {
  const asked = Date.now()
  const began = performance.now()
  const [database] = await db().$queryRaw<{ at: Date }[]>`SELECT clock_timestamp() AS at`
  // The database read its clock about halfway between request and answer.
  const answered = asked + (performance.now() - began) / 2
  return database ? answered - database.at.getTime() : 0
}
