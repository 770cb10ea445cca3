import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { changePasswordAction } from '@/lib/accounts/actions'
import { defineAction } from '@/lib/action'
import type { SessionContext } from '@/lib/context'
import { copyImageAction, retryCopyAction } from '@/lib/copies/actions'
import { db } from '@/lib/db/client'
import {
  deleteImageAction,
  protectImageAction,
  purgeImageAction,
  restoreImageAction,
  unprotectImageAction,
  updateImageAction,
} from '@/lib/images/actions'
import { actionPatienceMs } from '@/lib/patience'
import type { ActionResult } from '@/lib/result'
import { cancelShareAction, cancelSharesAction, markSharesSeenAction, shareImageAction } from '@/lib/shares/actions'
import { account, held, image, region as newRegion, type TestAccount } from '@/lib/testing/builders'
import { cancelTransferAction } from '@/lib/transfers/actions'

// Only the session is injected instead of read from a cookie; everything behind it is real.
const session = vi.hoisted(() => ({ current: null as SessionContext | null }))
vi.mock('@/lib/context', () => ({ currentContext: async () => session.current }))
// Outside Next.js there are no redirects to rethrow, and there is no request.
vi.mock('next/navigation', () => ({ unstable_rethrow: () => {} }))
vi.mock('next/headers', () => ({ headers: async () => new Headers() }))

function signIn(someone: TestAccount | null): void {
  session.current = someone && { ...someone.ctx, sessionId: 'none' }
}

/** An action is a public endpoint: a hand-made request can hold anything, whatever its type says. */
type Door = (input: never) => Promise<ActionResult<unknown>>
async function call(action: Door, input: unknown): Promise<string> {
  const answer = await Reflect.apply(action, null, [input])
  if (answer.ok) return 'ok'
  return answer.refusal.code === 'INVALID_INPUT' ? `INVALID_INPUT ${answer.refusal.field}` : answer.refusal.code
}

const actions: Record<string, Door> = {
  shareImageAction,
  cancelShareAction,
  cancelSharesAction,
  markSharesSeenAction,
  updateImageAction,
  deleteImageAction,
  restoreImageAction,
  purgeImageAction,
  protectImageAction,
  unprotectImageAction,
  cancelTransferAction,
  copyImageAction,
  retryCopyAction,
  changePasswordAction,
}

const unknownImage = 'img-0000000000'
const valid = (region: string, imageId: string) => ({
  share: { region, imageId, usernames: ['lantern'], note: '' },
  update: { region, imageId, name: 'web', description: '' },
  remove: { region, imageId, cancelShares: true, typedName: 'web-01' },
})

test('without a session every action answers SIGNED_OUT, whatever the input', async () => {
  signIn(null)
  for (const [name, action] of Object.entries(actions)) {
    expect(await call(action, {}), name).toBe('SIGNED_OUT')
  }
})

const longText = 'a'.repeat(10_000)
const badNames = {
  empty: '',
  'only spaces': '   ',
  '10 kB': longText,
  'a control character': 'web\u0007',
  'a right-to-left mark': 'web\u202egpj.exe',
  'a zero-width space': 'web\u200b01',
  markup: '<script>alert(1)</script>',
  SQL: '\'; DROP TABLE "Image"; --',
  emoji: 'web 🚀',
  'a keycap': 'web 1\ufe0f\u20e3',
  NUL: 'web\0',
  'a number': 7,
  null: null,
  'a list': ['web'],
  'an object': { $ne: '' },
}

test('every kind of bad name is refused with its field, and nothing is written', async () => {
  const owner = await account()
  const region = await newRegion()
  const imageId = await image(owner, region)
  signIn(owner)
  for (const [kind, name] of Object.entries(badNames)) {
    const input = { ...valid(region, imageId).update, name }
    expect(await call(updateImageAction, input), kind).toBe('INVALID_INPUT name')
  }
  expect((await db().image.findUniqueOrThrow({ where: { id: imageId } })).name).toBe('web-01')
})

test('bad boot modes and minimums are refused with their field, and those of a form are accepted', async () => {
  const owner = await account()
  const region = await newRegion()
  const imageId = await image(owner, region)
  signIn(owner)
  const { update } = valid(region, imageId)
  for (const bootMode of ['bios', 'EFI', 7, {}, ['UEFI']])
    expect(await call(updateImageAction, { ...update, bootMode })).toBe('INVALID_INPUT bootMode')
  for (const field of ['minDiskGib', 'minMemoryMib'])
    for (const amount of ['0', '-1', '1.5', '1e3', 'x', '99999999999', 0, 0.5, Number.NaN, {}, longText])
      expect(await call(updateImageAction, { ...update, [field]: amount }), `${amount}`).toBe(`INVALID_INPUT ${field}`)
  const form = { ...update, operatingSystem: 'Debian 12', bootMode: 'UEFI', minDiskGib: ' 30', minMemoryMib: '512' }
  expect(await call(updateImageAction, form)).toBe('ok')
  const stored = { operatingSystem: 'Debian 12', bootMode: 'UEFI', minDiskGib: 30, minMemoryMib: 512 }
  expect(await db().image.findUniqueOrThrow({ where: { id: imageId } })).toMatchObject(stored)
  expect(await call(updateImageAction, { ...form, bootMode: '', minMemoryMib: '' })).toBe('ok')
  const emptied = { bootMode: null, minDiskGib: 30, minMemoryMib: null }
  expect(await db().image.findUniqueOrThrow({ where: { id: imageId } })).toMatchObject(emptied)
})

test('a look-alike name is a different name: stored as typed and found only as typed', async () => {
  const owner = await account()
  const region = await newRegion()
  const imageId = await image(owner, region)
  signIn(owner)
  // This a is Cyrillic.
  expect(await call(updateImageAction, { ...valid(region, imageId).update, name: 'w\u0430b' })).toBe('ok')
  expect(await call(deleteImageAction, valid(region, imageId).remove)).toBe('ok')
})

test('bad usernames, notes and ids are refused with their field, and never a fault', async () => {
  const owner = await account()
  const region = await newRegion()
  const imageId = await image(owner, region)
  signIn(owner)
  const { share } = valid(region, imageId)
  const cases: [input: unknown, answer: string][] = [
    [null, 'INVALID_INPUT '],
    [[], 'INVALID_INPUT '],
    ['text', 'INVALID_INPUT '],
    [{ ...share, usernames: [] }, 'INVALID_INPUT usernames'],
    [{ ...share, usernames: 'lantern' }, 'INVALID_INPUT usernames'],
    [{ ...share, usernames: [''] }, 'INVALID_INPUT usernames'],
    [{ ...share, usernames: [longText] }, 'INVALID_INPUT usernames'],
    [{ ...share, usernames: [{}] }, 'INVALID_INPUT usernames'],
    [{ ...share, usernames: Array.from({ length: 21 }, (_, i) => `tenant-${i}`) }, 'INVALID_INPUT usernames'],
    [{ ...share, usernames: ['nobody\0'] }, 'INVALID_INPUT usernames'],
    [{ ...share, usernames: ["' OR 1=1 --"] }, 'RECIPIENT_NOT_FOUND'],
    [{ ...share, usernames: ['l\u0430ntern'] }, 'RECIPIENT_NOT_FOUND'],
    [{ ...share, note: longText }, 'INVALID_INPUT note'],
    [{ ...share, note: 'a\u202eb' }, 'INVALID_INPUT note'],
    [{ ...share, note: 7 }, 'INVALID_INPUT note'],
    [{ ...share, imageId: '1 OR 1=1' }, 'INVALID_INPUT imageId'],
    [{ ...share, imageId: [imageId] }, 'INVALID_INPUT imageId'],
    [{ ...share, region: '../..' }, 'INVALID_INPUT region'],
  ]
  for (const [input, answer] of cases)
    expect(await call(shareImageAction, input), JSON.stringify(input)?.slice(0, 80)).toBe(answer)
  expect(await db().share.count({ where: { imageId } })).toBe(0)
  for (const shareId of ['', longText, null, 'shr-xxx']) {
    expect(await call(cancelShareAction, { shareId })).toBe('INVALID_INPUT shareId')
  }
  expect(await call(changePasswordAction, { currentPassword: 'x', newPassword: 'short' })).toBe(
    'INVALID_INPUT newPassword',
  )
  expect(await call(changePasswordAction, { currentPassword: 'x', newPassword: longText })).toBe(
    'INVALID_INPUT newPassword',
  )
})

test("strangers, recipients and foreign sub-accounts get the same answer for another's image as for a missing one", async () => {
  const owner = await account()
  const region = await newRegion()
  const imageId = await image(owner, region)
  const recipient = await account()
  const shareId = await held(imageId, recipient)
  const stranger = await account()
  const foreignSub = await account({ master: stranger })
  const { share, update, remove } = valid(region, imageId)
  for (const someone of [stranger, foreignSub, recipient]) {
    signIn(someone)
    const answers = [await call(updateImageAction, update), await call(deleteImageAction, remove)]
    const none = { region, imageId: unknownImage }
    expect(answers).toEqual([
      await call(updateImageAction, { ...update, ...none }),
      await call(deleteImageAction, { ...remove, ...none }),
    ])
    expect(answers).toEqual(['IMAGE_NOT_FOUND', 'IMAGE_NOT_FOUND'])
  }
  signIn(recipient)
  expect(await call(shareImageAction, share)).toBe('RESHARE_FORBIDDEN')
  for (const someone of [stranger, foreignSub]) {
    signIn(someone)
    expect(await call(shareImageAction, share)).toBe('IMAGE_NOT_FOUND')
    expect(await call(shareImageAction, { ...share, imageId: unknownImage })).toBe('IMAGE_NOT_FOUND')
    expect(await call(cancelShareAction, { shareId })).toBe('SHARE_NOT_FOUND')
    expect(await call(cancelShareAction, { shareId: 'shr-0000000000' })).toBe('SHARE_NOT_FOUND')
    expect(await call(markSharesSeenAction, { shareIds: [shareId] })).toBe('ok')
  }
  expect((await db().share.findUniqueOrThrow({ where: { id: shareId } })).seenAt).toBeNull()
  expect(await db().image.count({ where: { id: imageId, state: 'available', name: 'web-01' } })).toBe(1)
})

test('a sub-account of its own master may share, change and delete its images', async () => {
  const owner = await account()
  const region = await newRegion()
  const imageId = await image(owner, region)
  const recipient = await account()
  const sub = await account({ master: owner })
  signIn(sub)
  const { share, update, remove } = valid(region, imageId)
  expect(await call(shareImageAction, { ...share, usernames: [recipient.username] })).toBe('ok')
  expect(await call(updateImageAction, update)).toBe('ok')
  expect(await call(deleteImageAction, { ...remove, typedName: 'web' })).toBe('ok')
})

test('if the database does not answer, an action ends and does not claim that nothing was done', async () => {
  signIn(await account())
  let isWaiting = () => {}
  const begun = new Promise<void>((resolve) => (isWaiting = resolve))
  const action = defineAction(
    z.object({}),
    () => {
      isWaiting()
      return new Promise<never>(() => {})
    },
    { needs: 'signed-in' },
  )
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const answer = action({})
    await begun
    await vi.advanceTimersByTimeAsync(actionPatienceMs)
    expect(await answer).toMatchObject({ ok: false, refusal: { code: 'FAULT', isUnclear: true } })
  } finally {
    vi.useRealTimers()
  }
})
