import 'server-only'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { env } from '@/lib/env'
import { requestPatienceMs } from '@/lib/patience'
import { PrismaClient } from './generated/client'
import { answerMaxMs, setSession, transactionMaxMs } from './session-settings'
import { StatementNames } from './statement-names'

function connect(): PrismaClient {
  const names = new StatementNames()
  const pool = {
    connectionString: env().DATABASE_URL,
    max: Number(process.env.ECS_DATABASE_POOL ?? 10),
    connectionTimeoutMillis: requestPatienceMs,
    query_timeout: answerMaxMs,
    keepAlive: true,
    // Runs before the connection is used. If it fails, the pool discards the connection.
    onConnect: async (client: pg.ClientBase) => {
      if (client instanceof pg.Client) watch(client, names)
      await client.query(setSession)
      await names.tryOnce(client)
    },
  }
  const adapter = new PrismaPg(pool, { statementNameGenerator: ({ sql }) => names.nameOf(sql) })
  return new PrismaClient({ adapter, transactionOptions: { maxWait: answerMaxMs, timeout: transactionMaxMs } })
}

/** Closes a connection whose statement timed out: PostgreSQL may still execute it, so the pool must not reuse it. */
function watch(client: pg.Client, names: StatementNames): void {
  const value = (...args: unknown[]): unknown => {
    // Looked up at each call, because tests and the benchmark patch the prototype to record statements.
    const answer: unknown = Reflect.apply(pg.Client.prototype.query, client, args)
    if (answer instanceof Promise)
      answer.catch((error: unknown) => {
        names.judge(error)
        if (error instanceof Error && error.message === 'Query read timeout') client.connection.stream.destroy(error)
      })
    return answer
  }
  Object.defineProperty(client, 'query', { value })
}

// The development server reloads modules after each change; the pool is kept on globalThis.
const kept = globalThis as typeof globalThis & { ecsDatabase?: PrismaClient }

/** The database, connected on first use. */
export function db(): PrismaClient {
  kept.ecsDatabase ??= connect()
  return kept.ecsDatabase
}
