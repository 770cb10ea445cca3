import { expect, test } from 'vitest'
import { operatorContext } from '@/lib/admin/operator'
import { hashPassword } from '@/lib/auth/password'
import { db } from '@/lib/db/client'
import { account, later, minutes, noon, type TestAccount, whileLocked } from '@/lib/testing/builders'
import { changePassword, createAccount, setDisabled, setPassword } from './writes'
import { forgetUnknownLookups } from './writes-look-up'

const operator = () => ({ ...operatorContext(), now: noon })
const refused = (code: string) => ({ ok: false, refusal: { code } })
const rowOf = async (id: string) => await db().account.findUniqueOrThrow({ where: { id } })
const eventsOf = async (ownerId: string) => await db().event.findMany({ where: { ownerId }, orderBy: { id: 'asc' } })

async function session(of: TestAccount): Promise<string> {
  const id = crypto.randomUUID()
  await db().session.create({ data: { id, accountId: of.id, createdAt: noon, expiresAt: later(minutes(60)) } })
  return id
}

const sessionsOf = async (...of: TestAccount[]) =>
  (await db().session.findMany({ where: { accountId: { in: of.map(({ id }) => id) } } })).map(({ id }) => id).sort()

const fields = { displayName: 'New Tenant', email: 'new@example.com', passwordHash: 'hashed' }

test('an account is created as a master or as a sub-account of one, and recorded', async () => {
  const username = `new-${crypto.randomUUID().slice(0, 8)}`
  const made = await createAccount(operator(), { username, masterId: null, ...fields, grants: [] })
  const id = made.ok ? made.value.id : ''
  expect(made).toEqual({ ok: true, value: { id, username } })
  expect(id).toMatch(/^acc-/)
  expect(await rowOf(id)).toMatchObject({ username, masterId: null, kind: 'MASTER', createdAt: noon, ...fields })
  const sub = await createAccount(operator(), { username: `ops@${username}`, masterId: id, ...fields, grants: [] })
  expect(await rowOf(sub.ok ? sub.value.id : '')).toMatchObject({ kind: 'SUB', masterId: id })
  expect(await eventsOf(id)).toMatchObject([
    { action: 'account.create', ownerName: username, details: { kind: 'MASTER' } },
    { action: 'account.create', ownerName: username, details: { kind: 'SUB', account: `ops@${username}` } },
  ])
})

test('a taken username is refused, and nothing is recorded', async () => {
  const other = await account()
  const taken = await createAccount(operator(), { username: other.username, masterId: null, ...fields, grants: [] })
  expect(taken).toEqual(refused('USERNAME_TAKEN'))
  expect(await db().event.count({ where: { ownerName: other.username } })).toBe(0)
})

test('other problems of a new account are thrown', async () => {
  const made = createAccount(operator(), { username: 'ops@none', masterId: 'acc-none', ...fields, grants: [] })
  await expect(made).rejects.toThrow()
})

test("disabling a master ends its sessions and its sub-accounts' sessions, and enabling restores none", async () => {
  const [owner, other] = [await account(), await account()]
  const ops = await account({ master: owner })
  await Promise.all([session(owner), session(ops)])
  const kept = await session(other)
  expect(await setDisabled(operator(), owner.username, true)).toMatchObject({
    ok: true,
    value: { username: owner.username },
  })
  expect((await rowOf(owner.id)).disabledAt).toEqual(noon)
  expect(await sessionsOf(owner, ops, other)).toEqual([kept])
  const late = await session(other)
  expect(await setDisabled(operator(), owner.username, false)).toMatchObject({ ok: true })
  expect((await rowOf(owner.id)).disabledAt).toBeNull()
  expect(await sessionsOf(owner, ops, other)).toEqual([kept, late].sort())
  expect(await eventsOf(owner.id)).toMatchObject([
    { action: 'account.disable', ownerName: owner.username },
    { action: 'account.enable', ownerName: owner.username },
  ])
})

test("enabling ends no session, and disabling a sub-account does not end its master's", async () => {
  const owner = await account()
  const ops = await account({ master: owner })
  const [kept] = [await session(owner), await session(ops)]
  await setDisabled(operator(), ops.username, true)
  expect(await sessionsOf(owner, ops)).toEqual([kept])
  await setDisabled(operator(), owner.username, false)
  expect(await sessionsOf(owner, ops)).toEqual([kept])
})

test('a password set by the operator replaces the old one and ends only the sessions of that account', async () => {
  const owner = await account({ passwordHash: 'old' })
  const ops = await account({ master: owner })
  const [, kept] = [await session(owner), await session(ops)]
  expect(await setPassword(operator(), owner.username, 'new')).toMatchObject({
    ok: true,
    value: { username: owner.username },
  })
  expect(await rowOf(owner.id)).toMatchObject({ passwordHash: 'new' })
  expect(await rowOf(ops.id)).toMatchObject({ passwordHash: '-' })
  expect(await sessionsOf(owner, ops)).toEqual([kept])
  expect(await eventsOf(owner.id)).toMatchObject([{ action: 'account.password', ownerName: owner.username }])
})

test('an unknown account is neither disabled nor given a password', async () => {
  expect(await setDisabled(operator(), 'nobody', true)).toEqual(refused('ACCOUNT_NOT_FOUND'))
  expect(await setPassword(operator(), 'nobody', 'new')).toEqual(refused('ACCOUNT_NOT_FOUND'))
})

test('an account changes its own password with the current one; its other sessions end', async () => {
  const owner = await account({ passwordHash: await hashPassword('an old password') })
  const ops = await account({ master: owner })
  const [here, , others] = [await session(owner), await session(owner), await session(ops)]
  const change = { currentPassword: 'an old password', newPassword: 'a new password' }
  const ctx = { ...owner.ctx, sessionId: here }
  expect(await changePassword(ctx, { ...change, currentPassword: 'a wrong password' })).toEqual(
    refused('PASSWORD_WRONG'),
  )
  expect(await sessionsOf(owner)).toHaveLength(2)
  expect(await changePassword(ctx, change)).toEqual({ ok: true, value: { sessionsEnded: 1 } })
  expect(await sessionsOf(owner, ops)).toEqual([here, others].sort())
  expect(await eventsOf(owner.id)).toMatchObject([{ action: 'account.password', details: { sessionsEnded: 1 } }])
  expect(await db().signInFailure.count({ where: { username: owner.username } })).toBe(0)
  expect(await changePassword(ctx, change)).toEqual(refused('PASSWORD_WRONG'))
})

test('wrong passwords delay the next try as at sign-in, and a disabled account changes none', async () => {
  const owner = await account({ passwordHash: await hashPassword('an old password') })
  const ctx = { ...owner.ctx, sessionId: await session(owner) }
  const change = { currentPassword: 'an old password', newPassword: 'a new password' }
  await db().account.update({ where: { id: owner.id }, data: { disabledAt: noon } })
  const answer = await changePassword(ctx, change)
  expect(answer).toEqual(refused('PASSWORD_WRONG'))
  await db().account.update({ where: { id: owner.id }, data: { disabledAt: null } })
  const source = `session ${ctx.sessionId}`
  const failures = Array.from({ length: 12 }, () => ({
    id: crypto.randomUUID(),
    username: owner.username,
    source,
    at: noon,
  }))
  await db().signInFailure.createMany({ data: failures })
  expect(await changePassword(ctx, change)).toEqual({
    ok: false,
    refusal: { code: 'PASSWORD_TRIES_USED_UP', seconds: 40 },
  })
})

test('nothing changes if the account was disabled, or its password changed, while the old password was verified', async () => {
  const owner = await account({ passwordHash: await hashPassword('an old password') })
  const ctx = { ...owner.ctx, sessionId: await session(owner) }
  const change = { currentPassword: 'an old password', newPassword: 'a new password' }
  const meanwhile = async (data: { passwordHash: string } | { disabledAt: Date }) =>
    await whileLocked(
      [owner.id],
      () => changePassword(ctx, change),
      async (tx) => await tx.account.update({ where: { id: owner.id }, data }),
    )
  const disabled = await meanwhile({ disabledAt: noon })
  expect(disabled).toEqual(refused('SIGNED_OUT'))
  await db().account.update({ where: { id: owner.id }, data: { disabledAt: null } })
  expect(await meanwhile({ passwordHash: 'another' })).toEqual(refused('PASSWORD_WRONG'))
  expect(await rowOf(owner.id)).toMatchObject({ passwordHash: 'another' })
  expect(await sessionsOf(owner)).toHaveLength(1)
})

test('unknown usernames and share submits are forgotten after an hour and no earlier', async () => {
  const [owner, other] = [await account(), await account()]
  for (const [{ id }, at] of [
    [owner, noon],
    [other, later(1)],
  ] as const) {
    await db().unknownLookup.create({ data: { accountId: id, username: 'nobody-here', at } })
    await db().shareTry.create({ data: { accountId: id, at } })
  }
  await forgetUnknownLookups(later(minutes(60)))
  const left = [await db().unknownLookup.findMany(), await db().shareTry.findMany()]
  expect(left.map((rows) => rows.map(({ accountId }) => accountId))).toEqual([[other.id], [other.id]])
})
