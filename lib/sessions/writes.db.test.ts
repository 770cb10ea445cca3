import { beforeAll, expect, test } from 'vitest'
import { operatorContext } from '@/lib/admin/operator'
import { hashPassword } from '@/lib/auth/password'
import { db } from '@/lib/db/client'
import { account, later, noon, type TestAccount, whileLocked } from '@/lib/testing/builders'
import { failuresPerUsernameMax, failureWindowMs } from './rules'
import { checkPassword, endSessions, signIn } from './writes'

// The rows of sign-ins and ended sessions, one operation at a time. Concurrency is tested in passwords.db.test.ts.

const right = 'correct horse battery'
const source = { key: 'a stranger', isKnownBrowser: false }
let passwordHash = ''
beforeAll(async () => {
  passwordHash = await hashPassword(right)
})

const at = (now: Date) => ({ now, replaced: null })
const typedBy = (who: TestAccount) => ({ username: who.username, password: right })
const sessionsOf = async (who: TestAccount) => await db().session.count({ where: { accountId: who.id } })
const hashOf = async (who: TestAccount) =>
  (await db().account.findUniqueOrThrow({ where: { id: who.id } })).passwordHash

/** Failures for a name, each from its own source unless one is given. */
async function failures(who: TestAccount, count: number, when: Date, from?: string): Promise<void> {
  const data = Array.from({ length: count }, (_, index) => ({
    ...{ id: crypto.randomUUID(), username: who.username, at: when },
    source: from ?? `${when.getTime()} ${index}`,
  }))
  await db().signInFailure.createMany({ data })
}

test('a sub-account of a disabled master is refused in spite of its right password', async () => {
  const master = await account({ disabledAt: noon })
  const sub = await account({ master, passwordHash })
  expect(await checkPassword(source, typedBy(sub), noon)).toEqual({ status: 'refused' })
})

test("a right password changes neither its own hash nor others'", async () => {
  const [owner, other] = [await account({ passwordHash }), await account({ passwordHash: 'theirs' })]
  const { id } = owner
  const answer = { status: 'right', account: { id, passwordHash, isOutdated: false } }
  expect(await checkPassword(source, typedBy(owner), noon)).toMatchObject(answer)
  expect(await signIn(source, typedBy(owner), at(noon))).toMatchObject({ status: 'signed-in' })
  expect([await hashOf(owner), await hashOf(other)]).toEqual([passwordHash, 'theirs'])
})

test('an account that is disabled, directly or with its master, while its password is checked gets no session', async () => {
  const master = await account({ passwordHash })
  const sub = await account({ master, passwordHash })
  for (const who of [sub, master]) {
    const signingIn = () => signIn(source, typedBy(who), at(noon))
    const data = { disabledAt: noon }
    const answer = await whileLocked([master.id], signingIn, (tx) =>
      tx.account.update({ where: { id: master.id }, data }),
    )
    expect(answer).toEqual({ status: 'refused' })
    expect(await sessionsOf(who)).toBe(0)
    await db().account.update({ where: { id: master.id }, data: { disabledAt: null } })
  }
})

test('a fault is thrown, and is not answered as "try again"', async () => {
  const typed = { username: 'no\u0000name', password: right }
  await expect(checkPassword(source, typed, noon)).rejects.toThrow()
})

test('failures count for a quarter of an hour, and the wait starts with the last one', async () => {
  const [owner, other] = [await account({ passwordHash }), await account({ passwordHash })]
  await failures(owner, 10, new Date(noon.getTime() - failureWindowMs), source.key)
  expect(await signIn(source, typedBy(owner), at(noon))).toMatchObject({ status: 'signed-in' })
  await failures(other, failuresPerUsernameMax - 1, later(-60_000))
  await failures(other, 1, later(-1_000))
  expect(await signIn(source, typedBy(other), at(noon))).toEqual({ status: 'wait', seconds: 4 })
  const known = { key: 'a browser that is known', isKnownBrowser: true }
  expect(await signIn(known, typedBy(other), at(noon))).toMatchObject({ status: 'signed-in' })
})

test('the operator ends all sessions of one account, and their number is recorded', async () => {
  const [owner, other] = [await account({ passwordHash }), await account({ passwordHash })]
  for (const who of [owner, owner, other]) await signIn(source, typedBy(who), at(noon))
  const ended = { ok: true, value: { sessionsEnded: 2 } }
  expect(await endSessions(operatorContext(owner), owner.username)).toEqual(ended)
  expect([await sessionsOf(owner), await sessionsOf(other)]).toEqual([0, 1])
  const [event, ...more] = await db().event.findMany({ where: { ownerId: owner.id, action: 'session.end' } })
  expect(more).toEqual([])
  expect(event).toMatchObject({ ownerName: owner.username, details: { sessionsEnded: 2 } })
  const unknown = { ok: false, refusal: { code: 'ACCOUNT_NOT_FOUND' } }
  expect(await endSessions(operatorContext(), 'nobody-here')).toEqual(unknown)
})
