import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { account, quota, region } from '@/lib/db/test-fixtures'
import { listStaged } from '@/lib/stores/staging'
import { create, refusalOf } from './fixtures/requests'

// More than any disk has: there is no room for an upload here.
process.env.ECS_STORE_RESERVE = '1000000TiB'

test('an upload for which there is no room is refused before its first byte, and takes no place', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1)
  for (let round = 0; round < 2; round++) {
    const answer = await create(owner, { region: here, size: 1_000_000 })
    expect(await refusalOf(answer)).toEqual([507, { code: 'STORE_FULL', region: here }])
  }
  expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(0)
  expect(await listStaged()).toEqual([])
})
