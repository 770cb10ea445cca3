import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { NextRequest } from 'next/server'
import { register } from 'prom-client'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { changePasswordAction } from '@/lib/accounts/actions'
import { defineAction } from '@/lib/action'
import type { SessionContext } from '@/lib/context'
import { copyImageAction, retryCopyAction } from '@/lib/copies/actions'
import { db } from '@/lib/db/client'
import {
  deleteImageAction,
  emptyRecycleBinAction,
  purgeImageAction,
  restoreImageAction,
  updateImageAction,
} from '@/lib/images/actions'
import { nearlyFull } from '@/lib/nearly-full'
import { isReadOnly } from '@/lib/read-only'
import { type ActionResult, ok } from '@/lib/result'
import { defineRead } from '@/lib/route'
import { cancelShareAction, cancelSharesAction, markSharesSeenAction, shareImageAction } from '@/lib/shares/actions'
import { account, asked, image, region, type TestAccount } from '@/lib/testing/builders'
import { cancelTransferAction } from '@/lib/transfers/actions'
import { ask, create, created, offsetOf, patch, refusalOf } from '@/lib/uploads/fixtures/requests'

// A file stands in for the ballast; lib/embedded/full.db.test.ts tests what deletes it on a full disk.

const session = vi.hoisted(() => ({ current: null as SessionContext | null }))
vi.mock('@/lib/context', () => ({ currentContext: async () => session.current }))
vi.mock('next/navigation', () => ({ unstable_rethrow: () => {} }))
vi.mock('next/headers', () => ({ headers: async () => new Headers() }))

const folder = await mkdtemp(path.join(os.tmpdir(), 'ecs-console-read-only-'))
const ballast = path.join(folder, 'ballast')
process.env.ECS_BALLAST_FILE = ballast
afterAll(() => rm(folder, { recursive: true }))
beforeEach(() => writeFile(ballast, ''))
afterEach(() => vi.restoreAllMocks())

const giveUp = () => rm(ballast)

async function signedIn(): Promise<TestAccount> {
  const owner = await account()
  session.current = { ...owner.ctx, sessionId: 'none' }
  return owner
}

/** A hand-made request, whatever the action's type says. */
async function call(action: (input: never) => Promise<ActionResult<unknown>>, input: unknown): Promise<string> {
  const answer = await Reflect.apply(action, null, [input])
  return answer.ok ? 'ok' : answer.refusal.code
}

const actions = {
  cancelShareAction,
  cancelSharesAction,
  cancelTransferAction,
  deleteImageAction,
  emptyRecycleBinAction,
  purgeImageAction,
  changePasswordAction,
  copyImageAction,
  markSharesSeenAction,
  restoreImageAction,
  retryCopyAction,
  shareImageAction,
  updateImageAction,
}

test('without the ballast cancelling and deleting work and everything else is refused, until the ballast is back', async () => {
  await signedIn()
  const answers = async () =>
    Object.fromEntries(
      await Promise.all(Object.entries(actions).map(async ([name, action]) => [name, await call(action, {})])),
    )
  const before = await answers()
  expect(Object.values(before)).not.toContain('READ_ONLY')
  await giveUp()
  const during = await answers()
  const refused = Object.keys(during).filter((name) => during[name] === 'READ_ONLY')
  expect(refused).toEqual([
    'changePasswordAction',
    'copyImageAction',
    'markSharesSeenAction',
    'restoreImageAction',
    'retryCopyAction',
    'shareImageAction',
    'updateImageAction',
  ])
  await writeFile(ballast, '')
  expect(await answers()).toEqual(before)
})

test('an operation that is not marked `freesSpace` is refused, and a visitor who is not signed in learns nothing', async () => {
  await signedIn()
  await giveUp()
  const run = vi.fn(async () => ok(null))
  const action = defineAction(z.object({}), run, { needs: 'signed-in' })
  expect(await call(action, {})).toBe('READ_ONLY')
  session.current = null
  expect(await call(action, {})).toBe('SIGNED_OUT')
  expect(run).not.toHaveBeenCalled()
})

test('an upload is neither begun nor continued, but can be queried and cancelled, and later continues from its offset', async () => {
  const [here, owner] = [await region(), await account()]
  const [first, second] = [
    await created(owner, { region: here, size: 8 }),
    await created(owner, { region: here, size: 8 }),
  ]
  expect((await patch(owner, first, 0, 'half')).status).toBe(204)
  await giveUp()
  expect(await refusalOf(await create(owner, { region: here, size: 8 }))).toEqual([507, { code: 'READ_ONLY' }])
  expect(await refusalOf(await patch(owner, first, 4, 'more'))).toEqual([507, { code: 'READ_ONLY' }])
  expect(await offsetOf(owner, first)).toBe(4)
  expect((await ask(owner, 'DELETE', `/${second}`)).status).toBe(204)
  await writeFile(ballast, '')
  expect((await patch(owner, first, 4, 'more')).status).toBe(204)
})

test('every read, the health check and the metrics report the read-only mode', async () => {
  await signedIn()
  const GET = defineRead(z.object({}), async () => ({ fine: true }), { needs: 'signed-in' })
  const read = async () => {
    const answer = await GET(new NextRequest('http://console.invalid/api'), { params: Promise.resolve({}) })
    return [answer.status, answer.headers.get('x-read-only')]
  }
  const gauge = async () => (await register.getSingleMetricAsString('ecs_read_only')).split('\n').at(-1)
  vi.spyOn(performance, 'now').mockReturnValueOnce(1e9)
  expect(await nearlyFull()).not.toContain('database')
  expect([await read(), await gauge()]).toEqual([[200, '0'], 'ecs_read_only 0'])
  await giveUp()
  expect([await read(), await gauge()]).toEqual([[200, '1'], 'ecs_read_only 1'])
  vi.spyOn(performance, 'now').mockReturnValueOnce(2e9)
  expect(await nearlyFull()).toContain('database')
})

test('a database that reports a full disk makes the console read-only for 10 s, even without our ballast', async () => {
  const [owner, recipient, here] = [await signedIn(), await account(), await region()]
  const imageId = await image(owner, here)
  await db().$executeRaw`CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$`
  await db().$executeRaw`CREATE TRIGGER no_room BEFORE INSERT ON "Share" EXECUTE FUNCTION no_room()`
  const share = async () => await call(shareImageAction, asked(here, imageId, recipient))
  expect(await isReadOnly()).toBe(false)
  expect(await share()).toBe('READ_ONLY')
  expect(await isReadOnly()).toBe(true)
  await db().$executeRaw`DROP TRIGGER no_room ON "Share"`
  expect(await share()).toBe('READ_ONLY')
  expect(await db().share.count({ where: { imageId } })).toBe(0)
  const now = performance.now()
  vi.spyOn(performance, 'now').mockReturnValue(now + 10_001)
  expect(await share()).toBe('ok')
})
