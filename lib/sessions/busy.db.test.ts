import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { hashPassword } from '@/lib/auth/password'
import { db } from '@/lib/db/client'
import { account, noon } from '@/lib/testing/builders'
import { signIn } from './writes'

// Read once, when the product's files are loaded.
vi.hoisted(() => {
  process.env.ECS_LOCK_WAIT = '2s'
})

const right = 'correct horse battery'
const source = { key: 'a stranger', isKnownBrowser: false }

test('a sign-in that cannot lock its account in time may be tried again', async () => {
  const owner = await account({ passwordHash: await hashPassword(right) })
  // Not a transaction of ours, which would itself be ended for holding a lock so long.
  const holder = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await holder.connect()
  await holder.query('BEGIN')
  await holder.query('SELECT id FROM "Account" WHERE id = $1 FOR NO KEY UPDATE', [owner.id])
  const answer = await signIn(source, { username: owner.username, password: right }, { now: noon, replaced: null })
  await holder.end()
  expect(answer).toEqual({ status: 'busy', seconds: 1 })
  expect(await db().session.count({ where: { accountId: owner.id } })).toBe(0)
})
