import { register } from 'prom-client'
import { expect, test, vi } from 'vitest'
import { changePasswordAction } from '@/lib/accounts/actions'
import type { SessionContext } from '@/lib/context'
import { copyImageAction } from '@/lib/copies/actions'
import { db } from '@/lib/db/client'
import { forgetIdempotencyKeys } from '@/lib/db/once'
import { updateImageAction } from '@/lib/images/actions'
import { shareImageAction } from '@/lib/shares/actions'
import { account, image, region, type TestAccount } from '@/lib/testing/builders'

// Forms as a browser sends them, with and without scripts. Only the session is injected instead of read from a cookie.
const session = vi.hoisted(() => ({ current: null as SessionContext | null }))
vi.mock('@/lib/context', () => ({ currentContext: async () => session.current }))
vi.mock('next/navigation', () => ({ unstable_rethrow: () => {} }))
vi.mock('next/headers', () => ({ headers: async () => new Headers() }))

function signIn(someone: TestAccount): void {
  session.current = { ...someone.ctx, sessionId: 'none' }
}

function form(fields: Record<string, string | string[]>): FormData {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) for (const text of [value].flat()) data.append(name, text)
  return data
}

async function ownImage() {
  const owner = await account()
  const [here, there] = [await region(), await region()]
  signIn(owner)
  return { owner, here, there, imageId: await image(owner, here) }
}

test('a refused form gets back its input, without the password', async () => {
  signIn(await account())
  const typed = form({ currentPassword: 'not the right one', newPassword: 'short', _key: 'k', $ACTION_ID_1: '' })
  expect(await changePasswordAction(null, typed)).toEqual({
    ok: false,
    refusal: { code: 'INVALID_INPUT', field: 'newPassword', problem: 'too-short' },
    typed: {},
  })
  const { here, imageId } = await ownImage()
  const edit = form({ region: here, imageId, name: 'web\u0007', description: 'my own' })
  expect(await updateImageAction(null, edit)).toMatchObject({
    refusal: { code: 'INVALID_INPUT', field: 'name', problem: 'characters' },
    typed: { name: ['web\u0007'], description: ['my own'] },
  })
})

test('every wrong field is named, the first one first', async () => {
  signIn(await account())
  expect(await changePasswordAction(null, form({ currentPassword: '', newPassword: '' }))).toMatchObject({
    refusal: {
      code: 'INVALID_INPUT',
      field: 'currentPassword',
      problem: 'required',
      also: [{ field: 'newPassword', problem: 'too-short' }],
    },
  })
})

test('a form of another account or another build is refused, and nothing is done', async () => {
  const { owner, here, imageId } = await ownImage()
  const other = await account()
  signIn(owner)
  const edit = { region: here, imageId, name: 'renamed', description: '' }
  const ofOther = { code: 'OTHER_ACCOUNT', username: owner.username }
  const accountId = other.ctx.viewer.accountId
  expect(await updateImageAction(null, form({ ...edit, _account: accountId }))).toMatchObject({ refusal: ofOther })
  expect(await updateImageAction(edit, { account: accountId })).toEqual({ ok: false, refusal: ofOther })
  expect(await updateImageAction(null, form({ ...edit, _build: 'older' }))).toMatchObject({
    refusal: { code: 'NEW_BUILD' },
  })
  expect(await updateImageAction(edit, { build: 'older' })).toEqual({ ok: false, refusal: { code: 'NEW_BUILD' } })
  expect((await db().image.findUniqueOrThrow({ where: { id: imageId } })).name).toBe('web-01')
  const own = { _account: owner.ctx.viewer.accountId, _build: 'none' }
  expect(await updateImageAction(null, form({ ...edit, ...own }))).toMatchObject({ ok: true })
})

test('a form sent ten times at once makes one copy, and every answer names it', async () => {
  const { here, there, imageId } = await ownImage()
  const copy = { region: here, imageId, targetRegion: there, name: 'copy', _key: 'one' }
  const answers = await Promise.all(Array.from({ length: 10 }, () => copyImageAction(null, form(copy))))
  const made = await db().image.findMany({ where: { copyOfId: imageId } })
  expect(made).toHaveLength(1)
  for (const answer of answers) expect(answer).toMatchObject({ ok: true, value: { imageId: made[0]?.id } })
  // With other input or another key, it is another request.
  expect(await copyImageAction(null, form({ ...copy, name: 'other' }))).toMatchObject({ ok: true })
  expect(await copyImageAction(null, form({ ...copy, _key: 'two' }))).toMatchObject({ ok: true })
  expect(await db().image.count({ where: { copyOfId: imageId } })).toBe(3)
})

test('a form sent twice shares once and counts once', async () => {
  const { owner, here, imageId } = await ownImage()
  const recipient = await account()
  const sharing = { region: here, imageId, usernames: [recipient.username], note: '' }
  const page = { key: 'one' }
  register.resetMetrics()
  const answers = await Promise.all([shareImageAction(sharing, page), shareImageAction(sharing, page)])
  expect(answers.map((answer) => answer.ok)).toEqual([true, true])
  expect(answers[0]).toEqual(answers[1])
  expect(await db().shareDay.findFirst({ where: { accountId: owner.ctx.viewer.ownerId } })).toMatchObject({ used: 1 })
  expect(await register.getSingleMetricAsString('ecs_shares_made_total')).toMatch(/^ecs_shares_made_total 1$/m)
  // Another key is another request, which finds the share.
  expect(await shareImageAction(sharing, { key: 'two' })).toMatchObject({ refusal: { code: 'ALREADY_SHARED' } })
})

test('an idempotency key belongs to the account that sent it, and expires after a day', async () => {
  const { owner, here, there, imageId } = await ownImage()
  const copy = { region: here, imageId, targetRegion: there, name: 'copy' }
  expect(await copyImageAction(copy, { key: 'one' })).toMatchObject({ ok: true })
  signIn(await account())
  expect(await copyImageAction(copy, { key: 'one' })).toMatchObject({ refusal: { code: 'IMAGE_NOT_FOUND' } })
  const accountId = owner.ctx.viewer.accountId
  await forgetIdempotencyKeys(new Date(owner.ctx.now.getTime() + 23 * 3_600_000))
  expect(await db().idempotencyKey.count({ where: { accountId } })).toBe(1)
  await forgetIdempotencyKeys(new Date(owner.ctx.now.getTime() + 25 * 3_600_000))
  expect(await db().idempotencyKey.count({ where: { accountId } })).toBe(0)
})
