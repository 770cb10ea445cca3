import { expect, test } from 'vitest'
import { groupMembersMax, groupsMax, membersWith, refuseGroup, refuseMembers } from './rules'
import { createGroupInput } from './schema'

test('the fifty-first group is refused', () => {
  expect(refuseGroup(groupsMax - 1)).toBeNull()
  expect(refuseGroup(groupsMax)).toEqual({ code: 'GROUPS_FULL', max: 50 })
})

test('a group cannot contain its own account', () => {
  expect(refuseMembers(['aster', 'birch'], 'cedar')).toBeNull()
  const problem = 'own-username'
  expect(refuseMembers(['aster', 'birch'], 'birch')).toEqual({ code: 'INVALID_INPUT', field: 'usernames', problem })
})

test('members with the image and members without it are separated, in the order of the group', () => {
  const shares = [{ username: 'birch' }, { username: 'cedar' }]
  expect(membersWith(['aster', 'birch', 'dill'], shares)).toEqual({ having: ['birch'], lacking: ['aster', 'dill'] })
})

test('a group has 1 to 20 usernames, each a possible username of a master account', () => {
  const parse = (usernames: string) => createGroupInput.safeParse({ name: 'Team', usernames })
  const many = Array.from({ length: groupMembersMax + 1 }, (_, number) => `user${number}`)
  for (const usernames of ['', ' , ', many.join(' '), 'ops@aster', '张'])
    expect(parse(usernames).success, usernames).toBe(false)
  expect(parse(many.slice(1).join(' ')).data?.usernames).toHaveLength(20)
  expect(parse('aster, Birch\nASTER').data?.usernames).toEqual(['aster', 'birch'])
})
