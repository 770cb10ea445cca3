import pg from 'pg'
import { askSession, lostSettings, setSession, wrongSettings } from './session-settings'

const patienceMs = 5_000

const advice =
  'A connection pooler in between does that when it gives its connections to others between two transactions. ' +
  'Set it to session mode (PgBouncer: pool_mode = session), or let DATABASE_URL lead to PostgreSQL itself.'

const ownAdvice =
  "An encoding cannot be changed afterwards: create a database with ENCODING 'UTF8' TEMPLATE template0. " +
  'The others come from ALTER DATABASE, ALTER ROLE or postgresql.conf: reset them there.'

/**
 * The problem with connections to a URL, as a sentence with advice, or null. A connection must not be shared and must keep its
 * settings: otherwise times are off by a time zone, lock waits are unbounded and session locks do not hold. Throws
 * connection errors. A database that does not exist yet has no problem.
 */
export async function findConnectionProblem(url: string): Promise<string | null> {
  const clients = [0, 1].map(() => newClient(url))
  const [one, other] = clients
  if (!one || !other) return null
  try {
    await Promise.all([one.connect(), other.connect()])
    return await compare(one, other)
  } catch (error) {
    if (isCode(error, '3D000')) return null
    if (error instanceof Error && error.message === 'Query read timeout')
      return `The database does not answer two connections at a time. ${advice}`
    throw error
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => {})))
  }
}

function newClient(url: string): pg.Client {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
  })
  client.on('error', () => {})
  return client
}

// While one connection is between two transactions, another begins one: a pooler in transaction mode gives it the
// server connection of the first, with its settings.
async function compare(one: pg.Client, other: pg.Client): Promise<string | null> {
  await one.query(setSession)
  const before = await processOf(one)
  await other.query('BEGIN')
  const others = await processOf(other)
  const after = await processOf(one)
  const { rows } = await one.query(askSession)
  await other.query('ROLLBACK')
  if (before === others || before !== after) return `The connections to the database are not kept apart. ${advice}`
  const lost = lostSettings(rows[0] ?? {})
  if (lost.length > 0) return `The database does not keep what a connection is set to: ${lost.join(', ')}. ${advice}`
  const wrong = wrongSettings(rows[0] ?? {})
  return wrong.length === 0 ? null : `The database cannot be used as it is: ${wrong.join(', ')}. ${ownAdvice}`
}

async function processOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  return rows[0].pid
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
