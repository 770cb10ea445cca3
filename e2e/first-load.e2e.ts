import type { Page } from '@playwright/test'
import { createGroup } from '@/lib/groups/writes'
import { account, contextOf, expect, expectOk, image, imageRows, share, signIn, test } from './fixtures'
import { instanceRows } from './instance-rows'

/** The JavaScript that a page may load with an empty cache, in transferred bytes. */
const bytesMax = 180_000

const region = 'cn-shanghai'

/** Loads a page until the network is idle, and adds up its scripts. */
async function scriptBytes(page: Page, path: string): Promise<number> {
  const sizes: Promise<number>[] = []
  page.on('response', (response) => {
    const request = response.request()
    if (request.resourceType() === 'script') sizes.push(request.sizes().then((size) => size.responseBodySize))
  })
  await page.goto(path, { waitUntil: 'networkidle' })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

test('no page loads more than 180 kB of scripts', async ({ browser }) => {
  // Each page in a new browser context.
  test.slow()
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  const lent = await image(recipient)
  await share(owner, disk, [recipient])
  await share(recipient, lent, [owner])
  const [deleted] = await imageRows(owner, [{ state: 'deleted', deletedAt: new Date() }])
  const group = { name: 'Team East', usernames: [recipient.username] }
  const { groupId } = expectOk(await createGroup(contextOf(owner), group))
  const images = `/${region}/images`
  const [machine] = await instanceRows(owner, [{ image: disk }])
  const instances = `/${region}/instances`
  const paths = [
    '/sign-in',
    '/account',
    '/account/audit',
    '/account/sub-accounts',
    '/account/sub-accounts/create',
    '/account/groups',
    `/account/groups/${groupId}`,
    `/account/groups/${groupId}/delete`,
    '/preferences',
    '/help/share',
    `${images}/custom`,
    `${images}/custom?state=deleted`,
    `${images}/empty-bin`,
    `${images}/custom?q=nothing-is-called-that`,
    `${images}/shared`,
    `${images}/import`,
    `${images}/${disk.id}`,
    `${images}/${disk.id}/edit`,
    `${images}/${disk.id}/share`,
    `${images}/${disk.id}/copy`,
    `${images}/${disk.id}/deprecate`,
    `${images}/${disk.id}/tags`,
    `${images}/${disk.id}/check`,
    `${images}/${disk.id}/check/clean`,
    `${images}/${disk.id}/do/delete`,
    `${images}/${deleted?.id}`,
    `${images}/${lent.id}`,
    '/cn-shenzhen/images/custom',
    instances,
    `${instances}/create`,
    `${instances}/create?image=${lent.id}`,
    `${instances}/${machine?.id}`,
    `${instances}/${machine?.id}/history`,
    `${instances}/${machine?.id}/do/terminate`,
    `${instances}/${machine?.id}/snapshots`,
    `${instances}/${machine?.id}/do/restore`,
    `/${region}/snapshots`,
    '/cn-shenzhen/snapshots',
    '/cn-shenzhen/instances',
    '/billing',
    '/billing?month=2026-09',
    '/notices',
    '/notices/settings',
    '/notices/webhook',
    '/nothing-is-here',
  ]
  const heavy: string[] = []
  for (const path of paths) {
    const context = await browser.newContext()
    if (path !== '/sign-in') await signIn(context, owner)
    const bytes = await scriptBytes(await context.newPage(), path)
    if (bytes > bytesMax || bytes === 0) heavy.push(`${path}: ${bytes}`)
    await context.close()
  }
  expect(heavy).toEqual([])
})
