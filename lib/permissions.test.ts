import { expect, test } from 'vitest'
import {
  type Grant,
  inRegions,
  may,
  needsOf,
  permissions,
  permittedTo,
  policyNames,
  refuseUnpermitted,
  regionsWith,
} from './permissions'

const holder = (...grants: Grant[]) => ({ rights: grants })
const everywhere = (policy: Grant['policy']): Grant => ({ policy, regions: null })

test('each policy contains the permissions of this table, and no others', () => {
  const table = Object.fromEntries(
    policyNames.map((policy) => [policy, permissions.filter((name) => may(holder(everywhere(policy)), name, 'cn-a'))]),
  )
  expect(table).toEqual({
    ImagesReadOnly: ['images.read'],
    ImagesFull: ['images.read', 'images.change', 'images.download'],
    Sharing: ['images.read', 'shares.give', 'groups.manage'],
    Incoming: ['images.read', 'shares.receive'],
    InstancesFull: ['images.read', 'instances.read', 'instances.change'],
    BillingReadOnly: ['bill.read'],
    Administrator: permissions.filter((name) => name !== 'subAccounts.manage'),
  })
})

test('a sub-account without a policy may do nothing, a master everything', () => {
  expect(permissions.filter((name) => may({ rights: [] }, name, null))).toEqual([])
  expect(permissions.filter((name) => may({ rights: 'all' }, name, 'cn-a'))).toEqual(permissions)
})

test('a policy for single regions applies only there', () => {
  const one = holder({ policy: 'ImagesFull', regions: ['cn-a'] }, { policy: 'ImagesReadOnly', regions: ['cn-b'] })
  expect(may(one, 'images.change', 'cn-a')).toBe(true)
  expect(may(one, 'images.change', 'cn-b')).toBe(false)
  expect(may(one, 'images.change', null)).toBe(true)
  expect(regionsWith(one, 'images.read')).toEqual(['cn-a', 'cn-b'])
  expect(regionsWith(holder(everywhere('Administrator')), 'bill.read')).toBe('all')
  expect(may(holder({ policy: 'ImagesFull', regions: [] }), 'images.change', null)).toBe(false)
})

test('a page learns where each permission applies, and of a master only that it has all', () => {
  expect(permittedTo({ rights: 'all' })).toBe('all')
  const told = permittedTo(holder({ policy: 'Sharing', regions: ['cn-a'] }, everywhere('BillingReadOnly')))
  expect(told).toMatchObject({
    'images.read': ['cn-a'],
    'shares.give': ['cn-a'],
    'bill.read': 'all',
    'instances.read': [],
  })
})

test('permissions of the whole tenant are not granted by a policy for single regions', () => {
  const needs = [{ permission: 'shares.receive' as const, region: null, isEverywhere: true }]
  const named = holder({ policy: 'Incoming', regions: ['cn-a'] })
  expect(refuseUnpermitted(named, needs)).toEqual({ code: 'NOT_PERMITTED', policy: 'Incoming', region: null })
  expect(refuseUnpermitted(holder(everywhere('Incoming')), needs)).toBe(null)
  expect([inRegions(named, 'shares.receive'), inRegions({ rights: 'all' }, 'shares.receive')]).toEqual([
    { regionId: { in: ['cn-a'] } },
    {},
  ])
})

test('a refusal names the smallest missing policy and the region, for the first need that is not met', () => {
  const needs = needsOf(['instances.change', 'images.change'], { region: 'cn-a' })
  expect(refuseUnpermitted(holder(), needs)).toEqual({ code: 'NOT_PERMITTED', policy: 'InstancesFull', region: 'cn-a' })
  expect(refuseUnpermitted(holder(everywhere('InstancesFull')), needs)?.policy).toBe('ImagesFull')
  expect(refuseUnpermitted(holder(everywhere('Administrator')), needsOf('subAccounts.manage', {}))).toEqual({
    code: 'NOT_PERMITTED',
    policy: null,
    region: null,
  })
  expect(refuseUnpermitted(holder(), needsOf('signed-in', {}))).toBe(null)
})

test('the account and its recipient groups can be managed with a policy for all regions, not with one for single regions', () => {
  const somewhere = { rights: [{ policy: 'Administrator' as const, regions: ['cn-shanghai'] }] }
  const everywhere = { rights: [{ policy: 'Administrator' as const, regions: null }] }
  for (const permission of ['account.manage', 'groups.manage'] as const)
    expect([null, 'cn-shanghai'].map((region) => may(somewhere, permission, region))).toEqual([false, false])
  expect(permittedTo(somewhere)).toMatchObject({ 'account.manage': [], 'images.change': ['cn-shanghai'] })
  expect(may(everywhere, 'account.manage', null)).toBe(true)
  expect(may(everywhere, 'groups.manage', null)).toBe(true)
})
