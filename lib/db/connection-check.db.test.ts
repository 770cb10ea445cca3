import { afterEach, expect, test, vi } from 'vitest'
import { TransactionPooler } from '@/lib/testing/pooler'
import { beside, databaseName } from './beside'
import { db } from './client'
import { findConnectionProblem } from './connection-check'

vi.hoisted(() => {
  delete process.env.ECS_LOCK_WAIT
})

const url = process.env.DATABASE_URL ?? ''
const name = `"${databaseName(url)}"`

afterEach(async () => {
  await beside(url, (client) => client.query(`ALTER DATABASE ${name} RESET ALL`))
})

async function setOnDatabase(setting: string): Promise<void> {
  await beside(url, (client) => client.query(`ALTER DATABASE ${name} SET ${setting}`))
}

test('PostgreSQL without a pooler has no problem, whatever its own settings are', async () => {
  expect(await findConnectionProblem(url)).toBeNull()
  for (const setting of [
    "TimeZone = 'Asia/Shanghai'",
    'lock_timeout = 0',
    "default_transaction_isolation = 'serializable'",
  ])
    await setOnDatabase(setting)
  expect(await findConnectionProblem(url)).toBeNull()
})

test("a connection is set up before its first statement, whatever the database's settings are", async () => {
  await setOnDatabase("TimeZone = 'Asia/Shanghai'")
  await db().$disconnect()
  const [row] = await db().$queryRaw<Record<string, string>[]>`
    SELECT current_setting('TimeZone') AS zone, current_setting('lock_timeout') AS lock,
      current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('statement_timeout') AS statement`
  expect(row).toEqual({ zone: 'UTC', lock: '10s', idle: '15s', statement: '30s' })
})

test('a pooler in transaction mode is refused, with advice', async () => {
  const { pooler, url: pooled } = await TransactionPooler.start(url)
  try {
    const problem = await findConnectionProblem(pooled)
    expect(problem).toMatch(/not answer two connections at a time|not kept apart/)
    expect(problem).toContain('pool_mode = session')
  } finally {
    pooler.stop()
  }
})

test('a wrong setting that the product does not set itself is named', async () => {
  await setOnDatabase('session_replication_role = replica')
  const problem = await findConnectionProblem(url)
  expect(problem).toContain('session_replication_role is replica and not origin')
  expect(problem).toContain('ALTER DATABASE')
  expect(problem).not.toContain('pool')
})

test('a database with another encoding is refused with the command to create one, and no pooler is blamed', async () => {
  const other = `${databaseName(url)}_latin1`
  await beside(url, async (client) => {
    await client.query(`CREATE DATABASE "${other}" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`)
    try {
      const problem = await findConnectionProblem(Object.assign(new URL(url), { pathname: `/${other}` }).href)
      expect(problem).toContain('server_encoding is LATIN1 and not UTF8')
      expect(problem).toContain("ENCODING 'UTF8'")
      expect(problem).not.toContain('pool')
    } finally {
      await client.query(`DROP DATABASE "${other}"`)
    }
  })
})

test('a database that does not exist yet has no problem', async () => {
  expect(await findConnectionProblem(Object.assign(new URL(url), { pathname: '/none-of-this-name' }).href)).toBeNull()
})
