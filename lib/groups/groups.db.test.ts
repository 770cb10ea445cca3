import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { account, noon, race, tally, whileLocked } from '@/lib/testing/builders'
import { listGroups } from './reads'
import { groupsMax } from './rules'
import { createGroupInput } from './schema'
import { createGroup, deleteGroup, updateGroup } from './writes'

const asked = (name: string, usernames = 'aster, Birch\nceder') => createGroupInput.parse({ name, usernames })

test('a group keeps usernames as they are typed, is changed and deleted, and each is recorded', async () => {
  const master = await account()
  const sub = await account({ master })
  const ctx = { ...sub.ctx, idempotencyKey: `key of ${sub.id}` }
  const created = await createGroup(ctx, asked(' Team East '))
  expect(await createGroup(ctx, asked(' Team East '))).toEqual({ ...created, isReplay: true })
  const [group] = await listGroups(master.ctx)
  expect(group).toMatchObject({ name: 'Team East', usernames: ['aster', 'birch', 'ceder'] })
  const groupId = group?.id ?? ''
  const changed = await updateGroup(master.ctx, { groupId, name: 'Team West', usernames: ['aster'] })
  const unchanged = await updateGroup(master.ctx, { groupId, name: 'Team West', usernames: ['aster'] })
  expect(tally([changed, unchanged])).toEqual({ ok: 2 })
  expect(await listGroups(sub.ctx)).toEqual([{ id: groupId, name: 'Team West', usernames: ['aster'] }])
  expect(tally([await deleteGroup(master.ctx, { groupId })])).toEqual({ ok: 1 })
  expect(await listGroups(master.ctx)).toEqual([])
  const events = await db().event.findMany({ where: { ownerId: master.id }, orderBy: { id: 'asc' } })
  const [before, after] = [
    { name: 'Team East', usernames: 'aster, birch, ceder' },
    { name: 'Team West', usernames: 'aster' },
  ]
  expect(events.map(({ action, actorId, details }) => [action, actorId, details])).toEqual([
    ['group.create', sub.id, before],
    ['group.update', master.id, { group: 'Team East', before, after }],
    ['group.delete', master.id, { group: 'Team West' }],
  ])
})

test("a master's group names are unique, the 51st group is refused, and other masters see nothing of them", async () => {
  const [master, other] = [await account(), await account()]
  const same = await race(4, async () => await createGroup(master.ctx, asked('Team East')))
  expect(tally(same)).toEqual({ ok: 1, GROUP_NAME_TAKEN: 3 })
  const times = { createdAt: noon, updatedAt: noon }
  const rows = Array.from({ length: groupsMax - 2 }, (_, number) => ({
    ...{ id: `${master.id}-${number}`, ownerId: master.id, name: `Team ${number}`, usernames: ['aster'], ...times },
  }))
  await db().recipientGroup.createMany({ data: rows })
  const last = await race(4, async (number) => await createGroup(master.ctx, asked(`Last ${number}`)))
  expect(tally(last)).toEqual({ ok: 1, GROUPS_FULL: 3 })
  const [one] = await listGroups(master.ctx)
  const groupId = one?.id ?? ''
  const foreign = [
    await updateGroup(other.ctx, { groupId, name: 'Mine', usernames: ['aster'] }),
    await deleteGroup(other.ctx, { groupId }),
  ]
  expect(tally(foreign)).toEqual({ GROUP_NOT_FOUND: 2 })
  expect(await listGroups(other.ctx)).toEqual([])
  expect(tally([await createGroup(other.ctx, asked('Team East'))])).toEqual({ ok: 1 })
})

test("a group with the account's own username is refused, also for sub-accounts and in updates", async () => {
  const master = await account()
  const sub = await account({ master })
  const own = asked('Team East', `aster ${master.username}`)
  const groupId = await createGroup(master.ctx, asked('Team East', 'aster')).then((made) =>
    made.ok ? made.value.groupId : '',
  )
  const refusal = { code: 'INVALID_INPUT', field: 'usernames', problem: 'own-username' }
  for (const answer of [await createGroup(sub.ctx, own), await updateGroup(master.ctx, { groupId, ...own })])
    expect(answer).toEqual({ ok: false, refusal })
  expect(await listGroups(master.ctx)).toMatchObject([{ usernames: ['aster'] }])
})

test('an account that was disabled in the meantime changes no group', async () => {
  const master = await account()
  const answer = await whileLocked(
    [master.id],
    () => createGroup(master.ctx, asked('Team East')),
    (tx) => tx.account.update({ where: { id: master.id }, data: { disabledAt: noon } }),
  )
  expect(tally([answer])).toEqual({ SIGNED_OUT: 1 })
  expect(await listGroups(master.ctx)).toEqual([])
})
