import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { Readable } from 'node:stream'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import type { Grant } from '@/lib/permissions'
import { storeOf } from '@/lib/stores/store'
import {
  account,
  ask,
  expect,
  expectRow,
  image,
  imageRows,
  lonelyDisk,
  row,
  share,
  signIn,
  storedIn,
  test,
  unique,
} from './fixtures'

const here = 'cn-shanghai'
const there = 'cn-shenzhen'

test('an image is copied to another region, shared there, deleted, deleted for good, and leaves the store empty', async ({
  browserPage,
}) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner, { disk: lonelyDisk() })
  const page = await browserPage(owner)

  await test.step('the row leads to the copy page, which knows the other region and its quota', async () => {
    await page.goto(`/${here}/images/custom`)
    await page.getByRole('link', { name: `Copy Image, ${disk.name}` }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Copy Image' })).toBeVisible()
    await expect(page.getByRole('meter', { name: 'Image quota' })).toHaveAttribute('aria-valuetext', '0 / 50')
    await page.getByLabel('Target region').selectOption(there)
    await page.getByLabel('Name', { exact: true }).fill(`${disk.name} copy`)
    await page.getByRole('button', { name: 'Copy Image' }).click()
  })

  await test.step('the copy becomes available while its page is open, and offers to share it', async () => {
    await expect(page).toHaveURL(new RegExp(`/${there}/images/img-`))
    await expect(page.getByRole('heading', { level: 1, name: `${disk.name} copy` })).toBeVisible()
    await expect(page.getByText('Available', { exact: true })).toBeVisible()
    await expect(page.getByText(`Copied from ${disk.id} in China East (Shanghai)`)).toBeVisible()
    await page.getByRole('link', { name: 'Shared Images' }).first().click()
    await page.getByRole('textbox', { name: 'Username' }).fill(recipient.username)
    await page.getByRole('button', { name: 'Share Images' }).click()
    await expectRow(page.getByRole('table'), recipient.username, { 'Shared by': owner.username })
  })

  await test.step('the recipient has it there and not here', async () => {
    const theirs = await browserPage(recipient)
    await theirs.goto(`/${there}/images/shared`)
    await expect(row(theirs.getByRole('table'), `${disk.name} copy`)).toBeVisible()
    await theirs.goto(`/${here}/images/shared`)
    await expect(theirs.getByText('Nobody has shared an image with you in this region.')).toBeVisible()
  })

  await test.step('deleted and deleted for good, nothing of it is left in the store', async () => {
    await page.goto(`/${there}/images/custom`)
    const copy = await db().image.findFirstOrThrow({ where: { name: `${disk.name} copy` }, include: { blob: true } })
    const key = copy.blob ? blobKey(copy.blob) : 'none'
    expect(await storedIn(there)).toContain(key)
    await page.getByRole('button', { name: `Delete, ${disk.name} copy` }).click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByLabel('Type the image’s name to confirm').fill(`${disk.name} copy`)
    await dialog.getByRole('button', { name: 'Cancel all sharing and delete' }).click()
    await page.getByRole('link', { name: 'Recycle bin (1)' }).click()
    await page.getByRole('button', { name: `Delete for Good, ${disk.name} copy` }).click()
    await dialog.getByRole('button', { name: 'Delete for Good', exact: true }).click()
    await expect(page.getByText('The recycle bin is empty.')).toBeVisible()
    await expect.poll(() => storedIn(there)).not.toContain(key)
  })
})

test('an own image under another region’s URL offers a copy to that region, which is preselected', async ({
  page,
  context,
}) => {
  const owner = await account()
  const disk = await image(owner)
  await signIn(context, owner)
  for (const place of ['', '/share', '/copy']) {
    await page.goto(`/${there}/images/${disk.id}${place}`)
    await page.getByRole('link', { name: 'Copy it here' }).click()
    await expect(page).toHaveURL(`/${here}/images/${disk.id}/copy?to=${there}`)
    await expect(page.getByLabel('Target region')).toHaveValue(there)
  }
})

test('a copy is offered to accounts that may download the image here and change images there', async ({
  browserPage,
}) => {
  const master = await account()
  const disk = await image(master)
  const as = async (...grants: Grant[]) => await browserPage(await account({ master, grants }))
  const looker = await as({ policy: 'ImagesReadOnly', regions: [here] }, { policy: 'ImagesFull', regions: [there] })
  await looker.goto(`/${here}/images/${disk.id}`)
  await expect(looker.getByRole('heading', { level: 1, name: disk.name })).toBeVisible()
  await expect(looker.getByRole('link', { name: 'Copy Image' })).toHaveCount(0)
  await looker.goto(`/${there}/images/${disk.id}`)
  await expect(looker.getByRole('link', { name: /^Open it in/ })).toBeVisible()
  await expect(looker.getByRole('link', { name: 'Copy it here' })).toHaveCount(0)
  await looker.goto(`/${here}/images/${disk.id}/copy`)
  await expect(looker.getByText(/This needs the policy “Images full” in/)).toBeVisible()
  const changer = await as({ policy: 'ImagesFull', regions: [here] })
  await changer.goto(`/${here}/images/${disk.id}/copy`)
  await expect(changer.getByText('A copy to another region needs the policy “Images full” there.')).toBeVisible()
})

test('a running copy shows its progress in the list and on its page, and can be cancelled', async ({
  page,
  context,
}) => {
  const owner = await account()
  const [copying] = await imageRows(owner, [
    {
      state: 'copying',
      source: 'COPY',
      moved: 43,
      copyOfId: 'img-0000000000',
      copyOfRegionId: there,
    },
  ])
  await signIn(context, owner)
  await page.goto(`/${here}/images/custom`)
  const progress = page.getByRole('progressbar', { name: `Copying 43%, ${copying?.name}` })
  await expect(progress).toHaveAttribute('aria-valuenow', '43')
  await page.goto(`/${here}/images/${copying?.id}`)
  await expect(page.getByRole('progressbar', { name: 'Copying 43%' })).toBeVisible()
  await page.getByRole('button', { name: `Cancel Copy, ${copying?.name}` }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel Copy', exact: true }).click()
  await expect(page.getByText('You have no images in this region yet.')).toBeVisible()
})

test('a full quota refuses the copy beside the form, and a failed copy can be retried from its row', async ({
  page,
  context,
}) => {
  const owner = await account()
  const disk = await image(owner)
  const [failed] = await imageRows(owner, [
    {
      name: unique('broken'),
      regionId: there,
      state: 'failed',
      source: 'COPY',
      failure: { code: 'STORE_UNREACHABLE' },
      copyOfId: disk.id,
      copyOfRegionId: here,
    },
  ])
  await signIn(context, owner)
  await page.goto(`/${there}/images/custom`)
  await expect(page.getByText('The image store does not answer.')).toBeVisible()
  await page.getByRole('button', { name: `Retry, ${failed?.name}` }).click()
  await expect(row(page.getByRole('table'), failed?.name ?? '')).toContainText('Available')
})

test('a download announces that it starts after the verification, and delivers the disk', async ({ page, context }) => {
  const owner = await account()
  const disk = await image(owner, { disk: lonelyDisk() })
  await signIn(context, owner)
  await page.goto(`/${here}/images/${disk.id}`)
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download' }).click()
  await expect(
    page.getByRole('listitem').filter({ hasText: `${disk.name} is compared with its checksum.` }),
  ).toBeVisible()
  const file = await (await download).path()
  const [stored] = await db().blob.findMany({ where: { images: { some: { id: disk.id } } } })
  expect(createHash('sha256').update(fs.readFileSync(file)).digest('hex')).toBe(stored?.sha256)
})

/** Processes of this machine with an open file of this name; empty if they cannot be read. */
function holdersOf(name: string): string[] {
  const { stdout } = spawnSync('sh', ['-c', `ls -l /proc/[0-9]*/fd 2>/dev/null | grep -F '${name}'`], {
    encoding: 'utf8',
  })
  return stdout.split('\n').filter(Boolean)
}

test('the owner downloads the disk, in ranges too; nobody else gets a byte, and damaged bytes are never served', async ({
  requestAs,
}) => {
  const [owner, recipient, stranger] = [await account(), await account(), await account()]
  const disk = await image(owner, { disk: lonelyDisk() })
  await share(owner, disk, [recipient])
  const url = `/api/images/${disk.id}/content?region=${here}`
  const [mine, theirs, others, visitor] = await Promise.all([owner, recipient, stranger, null].map(requestAs))
  if (!mine || !theirs || !others || !visitor) throw new Error('There are four.')
  const whole = await mine.get(url)
  expect(whole.status()).toBe(200)
  const bytes = await whole.body()
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(whole.headers().etag?.replaceAll('"', ''))
  expect(whole.headers()['content-disposition']).toContain(`${disk.name}.qcow2`)
  const part = await mine.get(url, { headers: { range: 'bytes=100-199' } })
  expect([part.status(), part.headers()['content-range']]).toEqual([206, `bytes 100-199/${bytes.length}`])
  expect((await part.body()).equals(bytes.subarray(100, 200))).toBe(true)
  expect((await mine.get(url, { headers: { range: `bytes=${bytes.length}-` } })).status()).toBe(416)
  expect((await ask(theirs, url)).status).toBe(404)
  expect(await ask(others, url)).toMatchObject({ status: 404, body: (await ask(theirs, url)).body })
  expect((await ask(visitor, url)).status).toBe(401)
  expect((await ask(mine, `/api/images/${disk.id}/content?region=${there}`)).status).toBe(404)
  for (let round = 0; round < 3; round++) expect((await mine.head(url)).headers().etag).toBe(whole.headers().etag)
  const sha256 = whole.headers().etag?.replaceAll('"', '') ?? 'none'
  const key = (await storedIn(here)).find((name) => name.startsWith(sha256)) ?? 'none'
  await expect.poll(() => holdersOf(key)).toEqual([])
  const rot = Buffer.concat([Buffer.from('rot'), bytes.subarray(3)])
  await storeOf(here).put(key, Readable.from([rot]), { size: rot.length })
  const damaged = await mine.get(url)
  expect(damaged.status()).toBe(500)
  expect((await damaged.body()).length).toBeLessThan(200)
})
