import pg from 'pg'
import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { getImage } from '@/lib/images/reads'
import { account, image, region } from '@/lib/testing/builders'
import { plannedEachTime, StatementNames } from './statement-names'

process.env.ECS_DATABASE_POOL = '1'

const prepared = async () => await db().$queryRaw<{ name: string }[]>`SELECT name FROM pg_prepared_statements`

async function tried(names: StatementNames): Promise<StatementNames> {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await client.connect()
  await names.tryOnce(client).finally(() => client.end())
  return names
}

test('a statement has a name from its second use on, and the number of names is bounded', async () => {
  expect(new StatementNames().nameOf('SELECT 1')).toBe('')
  const names = await tried(new StatementNames(20))
  const ask = () => Array.from({ length: 100 }, (_, index) => names.nameOf(`SELECT ${index}`))
  expect(ask().filter(Boolean)).toEqual([])
  const named = ask().filter(Boolean)
  expect(new Set(named).size).toBe(20)
  expect(ask().filter(Boolean)).toEqual(named)
})

test('a statement marked `plannedEachTime` has no name', async () => {
  const names = await tried(new StatementNames())
  const sql = `SELECT ${plannedEachTime.sql} 1`
  expect([1, 2, 3].map(() => names.nameOf(sql))).toEqual(['', '', ''])
})

test('a frequent statement is prepared once', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await image(owner, here)
  for (let round = 0; round < 3; round++) await getImage(owner.ctx, { region: here, imageId })
  const before = await prepared()
  expect(before.length).toBeGreaterThanOrEqual(3)
  for (let round = 0; round < 3; round++) await getImage(owner.ctx, { region: here, imageId })
  expect((await prepared()).length).toBeLessThanOrEqual(before.length + 1)
})

test('once a pooler has lost a name, statements are unnamed, without a restart', async () => {
  const names = await tried(new StatementNames())
  names.nameOf('SELECT 1')
  expect(names.nameOf('SELECT 1')).not.toBe('')
  names.judge(Object.assign(new Error('prepared statement "ecs_1" does not exist'), { code: '26000' }))
  expect(names.nameOf('SELECT 1')).toBe('')
})
