import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { hashPassword } from '@/lib/auth/password'
import { db } from '@/lib/db/client'
import { account, noon } from '@/lib/testing/builders'
import { signIn } from './writes'

// Before the product's modules are loaded, which read it once.
vi.hoisted(() => {
  process.env.ECS_LOCK_WAIT = '2s'
})

const right = 'correct horse battery'
const source = { key: 'a stranger', isKnownBrowser: false }

test('a sign-in that cannot lock its account in time may be retried', async () => {
  const owner = await account({ passwordHash: await hashPassword(right) })
  // A plain connection: the product's transactions would be aborted for holding a lock that long.
  const holder = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await holder.connect()
  await holder.query('BEGIN')
  await holder.query('SELECT id FROM "Account" WHERE id = $1 FOR NO KEY UPDATE', [owner.id])
  const answer = await signIn(source, { username: owner.username, password: right }, { now: noon, replaced: null })
  await holder.end()
  expect(answer).toEqual({ status: 'busy', seconds: 1 })
  expect(await db().session.count({ where: { accountId: owner.id } })).toBe(0)
})
