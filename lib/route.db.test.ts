import { NextRequest } from 'next/server'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { lookUpParams } from '@/lib/accounts/schema'
import { lookUpRecipient } from '@/lib/accounts/writes-look-up'
import type { SessionContext } from '@/lib/context'
import { defineFile, defineRead } from '@/lib/route'
import { account } from '@/lib/testing/builders'

// A look-up may wait for a lock for three quarters of this limit.
vi.hoisted(() => {
  process.env.ECS_DATABASE_WAIT = '8s'
})
const session = vi.hoisted(() => ({ current: null as SessionContext | null }))
vi.mock('@/lib/context', () => ({ currentContext: async () => session.current }))

const GET = defineRead(lookUpParams, lookUpRecipient, { needs: 'shares.give' })

async function ask(username: string, headers: Record<string, string> = {}) {
  const request = new NextRequest(`http://console.invalid/api/accounts?username=${username}`, { headers })
  const response = await GET(request, { params: Promise.resolve({}) })
  return { status: response.status, body: await response.json(), retryAfter: response.headers.get('retry-after') }
}

test('a look-up that cannot lock the account in time is answered with 503, and is no fault', async () => {
  const [owner, other] = [await account(), await account()]
  session.current = { ...owner.ctx, sessionId: 'none' }
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await client.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT 1 FROM "Account" WHERE id = $1 FOR UPDATE', [owner.id])
    expect(await ask(other.username)).toEqual({ status: 503, body: { refusal: { code: 'BUSY' } }, retryAfter: '1' })
    await client.query('ROLLBACK')
    expect(await ask(other.username)).toMatchObject({ status: 200, body: { status: 'found' } })
  } finally {
    await client.end()
  }
})

test('a read answers only pages of its own account and build', async () => {
  const [owner, other] = [await account(), await account()]
  session.current = { ...owner.ctx, sessionId: 'none' }
  expect(await ask(other.username, { 'x-page-account': owner.id, 'x-page-build': 'none' })).toMatchObject({
    status: 200,
  })
  expect(await ask(other.username, { 'x-page-account': other.id })).toMatchObject({
    status: 409,
    body: { refusal: { code: 'OTHER_ACCOUNT', username: owner.username } },
  })
  expect(await ask(other.username, { 'x-page-build': 'older' })).toMatchObject({
    status: 409,
    body: { refusal: { code: 'NEW_BUILD' } },
  })
  session.current = null
  expect(await ask(other.username, { 'x-page-account': owner.id })).toMatchObject({ status: 401 })
})

test('a file is refused like any other read, and is saved under its name', async () => {
  const owner = await account()
  session.current = { ...owner.ctx, sessionId: 'none' }
  const params = z.object({ of: z.string().max(3) })
  const read = async (_: unknown, { of }: { of: string }) => (of === 'no' ? null : { of })
  const file = defineFile(params, read, (value, { of }) => ({ name: `${of}.json`, body: value }), {
    needs: 'account.manage',
  })
  const get = async (of: string, headers = {}) => {
    const request = new NextRequest(`http://console.invalid/api/file?of=${of}`, { headers })
    const response = await file(request, { params: Promise.resolve({}) })
    return { status: response.status, disposition: response.headers.get('content-disposition') }
  }
  expect(await get('yes')).toEqual({ status: 200, disposition: 'attachment; filename="yes.json"' })
  expect(await get('no')).toEqual({ status: 404, disposition: null })
  expect(await get('longer')).toEqual({ status: 400, disposition: null })
  expect(await get('yes', { 'x-page-build': 'older' })).toEqual({ status: 409, disposition: null })
  session.current = { ...(await account({ master: owner, grants: [] })).ctx, sessionId: 'none' }
  expect(await get('yes')).toEqual({ status: 403, disposition: null })
  session.current = null
  expect(await get('yes')).toEqual({ status: 401, disposition: null })
})

test('a streamed file is refused like any other read, and is produced while it is sent', async () => {
  const owner = await account()
  session.current = { ...owner.ctx, sessionId: 'none' }
  let reads = 0
  async function* parts(ids: string[]) {
    for (const id of ids) {
      reads++
      yield id
    }
  }
  const params = z.object({ ids: z.preprocess((given) => [given].flat(), z.array(z.string().max(3))) })
  const read = async (_: unknown, { ids }: { ids: string[] }) => (ids.includes('no') ? null : parts(ids))
  const file = defineFile(params, read, (value) => ({ name: 'ids.csv', type: 'text/csv', parts: value }), {
    needs: 'account.manage',
  })
  const get = (search: string, headers = {}) =>
    file(new NextRequest(`http://console.invalid/api/file?${search}`, { headers }), { params: Promise.resolve({}) })
  const sent = await get('ids=a&ids=b')
  expect(sent.headers.get('content-disposition')).toBe('attachment; filename="ids.csv"')
  expect(sent.headers.get('content-type')).toBe('text/csv')
  expect(sent.headers.get('cache-control')).toBe('private, no-store')
  expect(reads).toBeLessThan(2)
  expect(await sent.text()).toBe('ab')
  expect((await get('ids=no')).status).toBe(404)
  expect((await get('ids=longer')).status).toBe(400)
  expect((await get('ids=a', { 'x-page-build': 'older' })).status).toBe(409)
  session.current = { ...(await account({ master: owner, grants: [] })).ctx, sessionId: 'none' }
  expect((await get('ids=a')).status).toBe(403)
  session.current = null
  const refused = await get('ids=a')
  expect([refused.status, await refused.json()]).toEqual([401, { refusal: { code: 'SIGNED_OUT' } }])
  expect(reads).toBe(2)
})
