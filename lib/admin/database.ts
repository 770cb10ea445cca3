import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { findConnectionProblem } from '@/lib/db/connection-check'
import { StartError } from '@/lib/embedded/data-folder'
import { openDatabase } from '@/lib/embedded/embedded'

/** How long an interrupted command waits for a database that is just starting, so that it can be stopped again. */
const graceMs = 5_000

/**
 * Finds the database of a command: that of DATABASE_URL, else the embedded one of the data folder, which is started for
 * the command when the console does not run. Everything that is loaded after this finds it in DATABASE_URL. `mayBeNew`: it
 * need not have the tables of the console yet, and gets them.
 */
export async function connect(signal: AbortSignal, mayBeNew = false): Promise<{ close(): Promise<void> }> {
  const folder = path.resolve(process.env.ECS_DATA_DIR || '.data')
  process.env.ECS_DATA_DIR = folder
  const database = process.env.DATABASE_URL
    ? { url: process.env.DATABASE_URL, isOurs: false, stop: async () => {} }
    : await openUnlessInterrupted(folder, signal)
  try {
    if (database.isOurs || mayBeNew) await bringUpToDate(database.url)
    else await requireTables(database.url)
    process.env.DATABASE_URL = database.url
    const { db } = await import('@/lib/db/client')
    const client = db()
    return { close: () => client.$disconnect().finally(() => database.stop()) }
  } catch (error) {
    await database.stop()
    throw error
  }
}

// Loaded only here, because most commands find a database that is there and answer sooner without it.
async function bringUpToDate(url: string): Promise<void> {
  const { migrate } = await import('../../prisma/migrate')
  await migrate(url)
}

// One that is not up in time is left to itself: the next start of the console or of a command adopts it.
async function openUnlessInterrupted(folder: string, signal: AbortSignal) {
  const opening = openDatabase(folder)
  const interrupted = new Promise<null>((resolve) => {
    signal.addEventListener('abort', () => void sleep(graceMs).then(() => resolve(null)), { once: true })
  })
  const database = await Promise.race([opening, interrupted])
  if (signal.aborted) await database?.stop()
  signal.throwIfAborted()
  if (!database) throw new Error('The database was not opened.')
  return database
}

// Asked here, once, because what a missing server or table leads to later is no sentence for a person.
async function requireTables(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw new StartError(`The database at ${placeOf(url)} could not be reached: ${reasonOf(error)}.`)
  }
  try {
    const problem = await findConnectionProblem(url)
    if (problem) throw new StartError(`The database at ${placeOf(url)} cannot be used. ${problem}`)
    const { rows } = await client.query(`SELECT to_regclass('"Event"') IS NOT NULL AS "hasTables"`)
    if (rows[0]?.hasTables) return
    throw new StartError(
      `The database at ${placeOf(url)} has no tables of the console yet. Start the console with it once.`,
    )
  } finally {
    await client.end()
  }
}

function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'DATABASE_URL'
  const { host, pathname } = new URL(url)
  return host + pathname
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
