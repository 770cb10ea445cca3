import { db } from '@/lib/db/client'
import { account, expect, image, share, signIn, test } from './fixtures'

test('a long history is paged, and many recipients of one share are one line that opens', async ({ page, context }) => {
  const owner = await account()
  const recipients = await Promise.all(Array.from({ length: 5 }, () => account()))
  const disk = await image(owner)
  await share(owner, disk, recipients)
  const actor = { actorId: 'operator', actorName: 'operator', ownerId: owner.id, ownerName: owner.username }
  const update = { ...actor, action: 'image.update', imageId: disk.id, details: {} }
  const start = Date.now()
  await db().event.createMany({
    data: Array.from({ length: 50 }, (_, index) => ({ ...update, at: new Date(start + index) })),
  })
  await signIn(context, owner)
  await page.goto(`/cn-shanghai/images/${disk.id}`)
  const history = page.getByRole('region', { name: 'History' })
  await expect(history.getByText('The operator changed the details')).toHaveCount(50)
  await history.getByRole('link', { name: 'Older events' }).click()
  await expect(history.getByText(`${owner.username} began the import`)).toBeVisible()
  const folded = history.getByText(`${owner.username} shared it with 5 accounts`)
  await expect(history.getByText(recipients[0]?.username ?? '')).toBeHidden()
  await folded.click()
  for (const { username } of recipients) await expect(history.getByText(username, { exact: true })).toBeVisible()
  await expect(history.getByRole('link', { name: 'Older events' })).toHaveCount(0)
  await page.reload()
  await expect(folded).toBeVisible()
  await history.getByRole('link', { name: 'Newest events' }).click()
  await expect(history.getByText('The operator changed the details')).toHaveCount(50)
})
