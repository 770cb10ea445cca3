import 'server-only'
import { PrismaPg } from '@prisma/adapter-pg'
import { env } from '@/lib/env'
import { PrismaClient } from './generated/client'

// adapter-pg replaces a timestamp's offset by +00:00 without converting, so the session must be in UTC.
// A lock that is not had within 10 s becomes BUSY; a transaction that idles is ended so that it cannot hold locks.
const sessionOptions =
  '-c TimeZone=UTC -c lock_timeout=10000 -c idle_in_transaction_session_timeout=15000 -c statement_timeout=30000'

function connect(): PrismaClient {
  const adapter = new PrismaPg({
    connectionString: env().DATABASE_URL,
    options: sessionOptions,
    max: Number(process.env.ECS_DATABASE_POOL ?? 10),
    connectionTimeoutMillis: 5_000,
  })
  return new PrismaClient({ adapter, transactionOptions: { maxWait: 30_000, timeout: 20_000 } })
}

// The development server loads modules anew after each change; the pool must survive that.
const kept = globalThis as typeof globalThis & { ecsDatabase?: PrismaClient }

/** The database, connected on first use. */
export function db(): PrismaClient {
  kept.ecsDatabase ??= connect()
  return kept.ecsDatabase
}
