import { afterAll, expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { getImage } from '@/lib/images/reads'
import { shareImage } from '@/lib/shares/writes'
import { account, image, region } from '@/lib/testing/builders'
import { startNameless } from '@/lib/testing/nameless'

// Before this process connects to anything.
const pooler = await startNameless(process.env.DATABASE_URL ?? '')
process.env.DATABASE_URL = pooler.url
process.env.ECS_DATABASE_POOL = '1'

afterAll(async () => {
  await db().$disconnect()
  pooler.stop()
})

test('everything works behind a pooler that refuses named statements, which is tried once', async () => {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  const imageId = await image(owner, here)
  for (let round = 0; round < 3; round++)
    expect(await getImage(owner.ctx, { region: here, imageId })).toMatchObject({ view: 'owner' })
  const input = { region: here, imageId, usernames: [recipient.username], note: '' }
  expect(await shareImage(owner.ctx, input)).toMatchObject({ ok: true })
  expect(pooler.refused()).toBe(1)
})
