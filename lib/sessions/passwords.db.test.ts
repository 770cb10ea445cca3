import { hash } from '@node-rs/argon2'
import { beforeAll, describe, expect, it } from 'vitest'
import { changePasswordInput } from '@/lib/accounts/schema'
import { changePassword } from '@/lib/accounts/writes'
import type { SignInSource } from '@/lib/auth/browser'
import { hashPassword } from '@/lib/auth/password'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { ok } from '@/lib/result'
import { account, later, lockWaits, noon, type TestAccount } from '@/lib/testing/builders'
import { findSession } from './reads'
import { renewSession, type SignInAnswer, signIn } from './writes'

const right = 'correct horse battery'
let passwordHash = ''
beforeAll(async () => {
  passwordHash = await hashPassword(right)
})

const stranger: SignInSource = { key: 'a stranger', isKnownBrowser: false }
const home: SignInSource = { key: 'a browser that is known', isKnownBrowser: true }

async function trying(username: string, password: string, source = stranger): Promise<SignInAnswer> {
  return await signIn(source, { username, password }, { now: noon, replaced: null })
}

const count = (answers: SignInAnswer[], status: SignInAnswer['status']) =>
  answers.filter((answer) => answer.status === status).length

describe('many attempts at once', () => {
  it('of 200 attempts for one name, all but 10 are rejected before the database and the hash', async () => {
    const owner = await account({ passwordHash })
    const answers = await Promise.all(Array.from({ length: 200 }, () => trying(owner.username, 'guess')))
    expect([count(answers, 'refused'), count(answers, 'busy')]).toEqual([10, 190])
    expect(await db().signInFailure.count({ where: { username: owner.username } })).toBe(10)
    expect(answers.find(({ status }) => status === 'busy')).toEqual({ status: 'busy', seconds: 2 })
  })

  it('of 200 attempts for different names at most 42 are admitted, two at a time, and known browsers bypass them', async () => {
    const owner = await account({ passwordHash })
    const flood = Array.from({ length: 200 }, (_, index) => trying(`nobody-${index}`, 'guess'))
    let isOver = false
    const ended = Promise.all(flood).then((answers) => {
      isOver = true
      return answers
    })
    expect(await trying(owner.username, right, home)).toMatchObject({ status: 'signed-in' })
    expect(isOver).toBe(false)
    // Each admitted attempt uses one of the ten connections; waiting ones use none.
    const [busy] = await db().$queryRaw<{ count: number }[]>`
      SELECT count(*)::int FROM pg_stat_activity
      WHERE datname = current_database() AND backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()`
    expect(busy?.count).toBeLessThanOrEqual(2)
    const answers = await ended
    // On a slow machine the last of them have waited too long.
    expect(count(answers, 'refused')).toBeLessThanOrEqual(42)
    expect(count(answers, 'refused') + count(answers, 'busy')).toBe(200)
  })

  it('waits without a connection, and only briefly, for a name that another server is checking', async () => {
    const owner = await account({ passwordHash })
    await inTransaction(async (tx) => {
      await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext('sign-in'), hashtext(${owner.username}))::text`
      let answer: SignInAnswer | undefined
      const asking = trying(owner.username, right).then((given) => (answer = given))
      // An attempt that waited for a PostgreSQL lock would hold a connection.
      while (answer === undefined) expect(await lockWaits()).toBe(0)
      expect(await asking).toEqual({ status: 'busy', seconds: 1 })
      return ok(null)
    })
    expect(await trying(owner.username, right)).toMatchObject({ status: 'signed-in' })
  })
})

describe('the current password of an open session', () => {
  async function changing(who: TestAccount, sessionId: string, currentPassword: string, now = noon) {
    return await changePassword({ ...who.at(now), sessionId }, { currentPassword, newPassword: 'another long one' })
  }

  it('can be guessed ten times; then even the right one must wait, in this session alone', async () => {
    const owner = await account({ passwordHash })
    for (let guess = 0; guess < 10; guess++)
      expect(await changing(owner, 'found', `guess ${guess}`)).toMatchObject({ refusal: { code: 'PASSWORD_WRONG' } })
    const refusal = { code: 'PASSWORD_TRIES_USED_UP', seconds: 5 }
    expect(await changing(owner, 'found', right)).toEqual({ ok: false, refusal })
    expect(await changing(owner, 'found', right, later(4_999))).toMatchObject({ refusal: { seconds: 1 } })
    expect(await trying(owner.username, right, home)).toMatchObject({ status: 'signed-in' })
    expect(await changing(owner, 'found', right, later(5_000))).toMatchObject({ ok: true })
    expect(await db().signInFailure.count({ where: { username: owner.username } })).toBe(0)
  })

  it('is not checked if too many attempts are waiting', async () => {
    const owner = await account({ passwordHash })
    const answers = await Promise.all(Array.from({ length: 60 }, () => changing(owner, 'found', 'guess')))
    const codes = answers.map((answer) => (answer.ok ? 'ok' : answer.refusal.code))
    expect(codes.filter((code) => code === 'PASSWORD_WRONG')).toHaveLength(10)
    expect(codes.filter((code) => code === 'BUSY')).toHaveLength(50)
  })
})

describe('a password', () => {
  const composed = 'caf\u00e9 au lait, s\u2019il vous pla\u00eet'
  const decomposed = composed.normalize('NFD')
  const otherSpaces = composed.replaceAll(' ', '\u00a0')

  it.each([
    ['composed', 'decomposed', composed, decomposed],
    ['decomposed', 'composed', decomposed, composed],
    ['with plain spaces', 'with others', composed, otherSpaces],
    ['with other spaces', 'with plain ones', otherSpaces, composed],
  ])('that was set %s is right %s', async (_, __, set, typed) => {
    const owner = await account({ passwordHash: await hashPassword(set) })
    expect(await trying(owner.username, typed)).toMatchObject({ status: 'signed-in' })
    expect(await trying(owner.username, typed.toUpperCase())).toEqual({ status: 'refused' })
  })

  it('from before passwords were prepared still works as typed, and from then on from any keyboard', async () => {
    const owner = await account({ passwordHash: await hash(decomposed) })
    expect(await trying(owner.username, composed)).toEqual({ status: 'refused' })
    expect(await trying(owner.username, decomposed)).toMatchObject({ status: 'signed-in' })
    expect(await trying(owner.username, composed)).toMatchObject({ status: 'signed-in' })
  })

  it('has the length of its prepared form', () => {
    const change = (newPassword: string) => changePasswordInput.safeParse({ currentPassword: 'x', newPassword })
    expect(change('\u00e9'.repeat(128).normalize('NFD')).data?.newPassword).toBe('\u00e9'.repeat(128))
    expect(change('\u00e9'.repeat(9).normalize('NFD')).error?.issues[0]?.message).toBe('too-short')
    expect(change('\u00e9'.repeat(129)).error?.issues[0]?.message).toBe('too-long')
  })
})

it('a session is renewed while it is valid, and an ended one never comes back', async () => {
  const owner = await account({ passwordHash })
  const answer = await trying(owner.username, right)
  const id = answer.status === 'signed-in' ? answer.sessionId : ''
  await renewSession(id, noon, later(1_000))
  expect(await findSession(id, noon)).toMatchObject({ expiresAt: later(1_000), viewer: { accountId: owner.id } })
  await renewSession(id, later(1_000), later(9_000))
  expect(await findSession(id, later(1_000))).toBeNull()
})
