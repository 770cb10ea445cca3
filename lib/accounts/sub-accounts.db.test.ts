import { expect, test } from 'vitest'
import { verifyPassword } from '@/lib/auth/password'
import { db } from '@/lib/db/client'
import { findSession } from '@/lib/sessions/reads'
import { signIn } from '@/lib/sessions/writes'
import {
  account,
  later,
  minutes,
  noon,
  race,
  region,
  type TestAccount,
  tally,
  whileLocked,
} from '@/lib/testing/builders'
import { listSubAccounts } from './reads'
import { subAccountsMax } from './rules'
import { attachPoliciesInput, createSubAccountInput } from './schema-sub-accounts'
import {
  attachSubAccountPolicies,
  createSubAccount,
  disableSubAccount,
  enableSubAccount,
  resetSubAccountPassword,
} from './writes-sub-accounts'

const secret = 'a password of nobody'
const asked = (fields: { login: string; displayName?: string; grants?: string[] }) =>
  createSubAccountInput.parse({ newPassword: secret, ...fields })

async function session(of: TestAccount): Promise<string> {
  const id = crypto.randomUUID()
  await db().session.create({ data: { id, accountId: of.id, createdAt: noon, expiresAt: later(minutes(60)) } })
  return id
}

test('a sub-account signs in with the password and policies that its master gave it, and its last sign-in is shown', async () => {
  const [master, here] = [await account(), await region()]
  const made = await createSubAccount(
    master.ctx,
    asked({ login: 'Ops', grants: ['Sharing', `Sharing=${here}`, `ImagesFull=${here}`] }),
  )
  const username = `ops@${master.username}`
  expect(made).toMatchObject({ ok: true, value: { username } })
  const [row] = await listSubAccounts(master.ctx)
  const grants = [
    { policy: 'ImagesFull', regions: [here] },
    { policy: 'Sharing', regions: null },
  ]
  expect(row).toMatchObject({ username, displayName: username, isDisabled: false, lastSignInAt: null, grants })
  const browser = { key: 'a browser', isKnownBrowser: true }
  const answer = await signIn(browser, { username, password: secret }, { now: later(5), replaced: null })
  expect(answer.status).toBe('signed-in')
  expect(await listSubAccounts(master.ctx)).toMatchObject([{ lastSignInAt: later(5).toISOString() }])
  const events = await db().event.findMany({ where: { ownerId: master.id, action: 'account.create' } })
  expect(events).toMatchObject([{ actorId: master.id, details: { account: username } }])
  expect(JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
    secret,
  )
})

test('a form sent twice creates one sub-account; a taken login name and the 101st sub-account are refused', async () => {
  const master = await account()
  const twice = { ...master.ctx, idempotencyKey: crypto.randomUUID() }
  const answers = await race(4, async () => await createSubAccount(twice, asked({ login: 'ops' })))
  expect(tally(answers)).toEqual({ ok: 4 })
  expect(tally([await createSubAccount(master.ctx, asked({ login: 'ops' }))])).toEqual({ USERNAME_TAKEN: 1 })
  const others = Array.from({ length: subAccountsMax - 2 }, (_, number) => ({
    id: `${master.id}-${number}`,
    username: `s${number}@${master.username}`,
    ...{ kind: 'SUB' as const, masterId: master.id, displayName: '', email: '', passwordHash: '-', createdAt: noon },
  }))
  await db().account.createMany({ data: others })
  const last = await race(4, async (number) => await createSubAccount(master.ctx, asked({ login: `last${number}` })))
  expect(tally(last)).toEqual({ ok: 1, SUB_ACCOUNTS_FULL: 3 })
  expect(await db().account.count({ where: { masterId: master.id } })).toBe(subAccountsMax)
})

test('a disabled sub-account is signed out by its next request, and has its policies again when it is enabled', async () => {
  const master = await account()
  const ops = await account({ master, grants: [{ policy: 'Sharing', regions: null }] })
  const open = await session(ops)
  expect(await findSession(open, noon)).not.toBeNull()
  expect(tally([await disableSubAccount(master.ctx, { accountId: ops.id })])).toEqual({ ok: 1 })
  expect(await findSession(open, noon)).toBeNull()
  expect(await listSubAccounts(master.ctx)).toMatchObject([{ isDisabled: true }])
  expect(tally([await enableSubAccount(master.ctx, { accountId: ops.id })])).toEqual({ ok: 1 })
  const again = await session(ops)
  expect((await findSession(again, noon))?.viewer.rights).toEqual([{ policy: 'Sharing', regions: null }])
  const events = await db().event.findMany({ where: { ownerId: master.id }, orderBy: { id: 'asc' } })
  const details = { account: ops.username }
  expect(events).toMatchObject([
    { action: 'account.disable', details },
    { action: 'account.enable', details },
  ])
})

test('a new password replaces the old one and ends only the sessions of that sub-account', async () => {
  const master = await account()
  const [ops, other] = [await account({ master }), await account({ master })]
  const [open, kept] = [await session(ops), await session(other)]
  const reset = await resetSubAccountPassword(master.ctx, { accountId: ops.id, newPassword: secret })
  expect(tally([reset])).toEqual({ ok: 1 })
  const { passwordHash } = await db().account.findUniqueOrThrow({ where: { id: ops.id } })
  expect(await verifyPassword(passwordHash, secret)).toBe('right')
  expect([await findSession(open, noon), (await findSession(kept, noon))?.viewer.accountId]).toEqual([null, other.id])
})

test('attached policies replace the previous ones from the next request on; an unknown region changes nothing', async () => {
  const [master, here] = [await account(), await region()]
  const ops = await account({ master })
  const open = await session(ops)
  const attach = async (grants: string[]) =>
    await attachSubAccountPolicies(master.ctx, attachPoliciesInput.parse({ accountId: ops.id, grants }))
  expect(tally([await attach([`Sharing=${here}`])])).toEqual({ ok: 1 })
  const sharing = [{ policy: 'Sharing', regions: [here] }]
  expect((await findSession(open, noon))?.viewer.rights).toEqual(sharing)
  expect(tally([await attach(['Administrator=xx-nowhere'])])).toEqual({ REGION_NOT_FOUND: 1 })
  expect((await findSession(open, noon))?.viewer.rights).toEqual(sharing)
  expect(tally([await attach([])])).toEqual({ ok: 1 })
  expect((await findSession(open, noon))?.viewer.rights).toEqual([])
  expect(attachPoliciesInput.safeParse({ accountId: ops.id, grants: ['Everything'] }).success).toBe(false)
})

test("another master's sub-account, and a master account, are answered as not found and stay as they are", async () => {
  const [master, other] = [await account(), await account()]
  const theirs = await account({ master: other })
  const open = await session(theirs)
  for (const { id: accountId } of [theirs, other, master]) {
    const answers = [
      await disableSubAccount(master.ctx, { accountId }),
      await enableSubAccount(master.ctx, { accountId }),
      await resetSubAccountPassword(master.ctx, { accountId, newPassword: secret }),
      await attachSubAccountPolicies(master.ctx, { accountId, grants: [] }),
    ]
    expect(tally(answers)).toEqual({ ACCOUNT_NOT_FOUND: 4 })
  }
  expect((await findSession(open, noon))?.viewer.rights).toEqual([{ policy: 'Administrator', regions: null }])
  expect(await listSubAccounts(master.ctx)).toEqual([])
  expect(await db().event.count({ where: { ownerId: { in: [master.id, other.id] } } })).toBe(0)
})

test('a master that was disabled in the meantime changes no sub-account', async () => {
  const master = await account()
  const ops = await account({ master })
  const meanwhile = async (work: () => Promise<unknown>) => {
    await db().account.update({ where: { id: master.id }, data: { disabledAt: null } })
    return await whileLocked([master.id], work, async (tx) => {
      await tx.account.update({ where: { id: master.id }, data: { disabledAt: noon } })
    })
  }
  const refused = { ok: false, refusal: { code: 'SIGNED_OUT' } }
  expect(await meanwhile(() => disableSubAccount(master.ctx, { accountId: ops.id }))).toEqual(refused)
  expect(await meanwhile(() => createSubAccount(master.ctx, asked({ login: 'late' })))).toEqual(refused)
  expect(await db().account.findMany({ where: { masterId: master.id } })).toMatchObject([{ disabledAt: null }])
})
