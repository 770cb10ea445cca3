import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { findConnectionProblem } from '@/lib/db/connection-check'
import { StartError } from '@/lib/embedded/data-folder'
import { openDatabase } from '@/lib/embedded/embedded'

/** How long an interrupted command waits for a starting database, in order to stop it again. */
const graceMs = 5_000

/**
 * Connects a command to DATABASE_URL, else to the embedded database of the data folder, which is started for the
 * command if the console is not running. Sets DATABASE_URL for all modules loaded later. `mayBeNew`: the database may
 * lack the console's tables, and gets them.
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

// Loaded on demand: most commands find a running database and answer faster without it.
async function bringUpToDate(url: string): Promise<void> {
  const { migrate } = await import('../../prisma/migrate')
  await migrate(url)
}

// A database that is not up in time is left running: the next start of the console or of a command adopts it.
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

// Checked once here, because later errors about a missing server or table are not meant for people.
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
