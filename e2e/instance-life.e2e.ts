import fs from 'node:fs'
import type { Page } from '@playwright/test'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { bootDisk } from '@/lib/testing/boot-disk'
import { type Account, account, expect, image, row, share, storedIn, test, unique } from './fixtures'
import { createInstanceIn, noMachine } from './machines'

const why = await noMachine()
test.skip(why !== null, why ?? '')

// The cluster keeps this region in a bucket, from which the machine's host has to fetch the bytes.
const region = process.env.ECS_STORE_CN_SHENZHEN ? 'cn-shenzhen' : 'cn-shanghai'
const lines = (page: Page) => page.locator('.xterm-accessibility')
const createInstance = async (page: Page, imageId: string, name: string) =>
  await createInstanceIn(page, { region, imageId, name })

async function type(page: Page, line: string): Promise<void> {
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.type(`${line}\n`)
}

const charged = async (who: Account) => await db().ledgerEntry.count({ where: { accountId: who.id } })

test('a shared image becomes a machine with output, its disk an image, and that another machine; the recipient is billed', async ({
  browserPage,
}) => {
  test.slow()
  const [harbour, lantern] = [
    await account({ username: unique('harbour') }),
    await account({ username: unique('lantern') }),
  ]
  const tiny = await image(harbour, { name: unique('tiny'), region, disk: fs.readFileSync((await bootDisk()) ?? '') })
  await share(harbour, tiny, [lantern])
  const [page, theirs] = [await browserPage(lantern), await browserPage(harbour)]
  // A console with input asks before the page is left.
  page.on('dialog', (dialog) => void dialog.accept())
  const [name, madeName, secondName] = [unique('quay'), unique('made'), unique('pier')]
  let id = ''

  await test.step('lantern creates an instance; the form shows who pays how much', async () => {
    await page.goto(`/${region}/instances/create?image=${tiny.id}`)
    await expect(page.getByText(`Charged to your account ${lantern.username}`)).toBeVisible()
    await expect(page.getByText(`${harbour.username}, who shares this image, pays nothing.`)).toBeVisible()
    id = await createInstance(page, tiny.id, name)
  })

  await test.step('its console shows output and runs a command, its screen shows a picture', async () => {
    await page.getByRole('link', { name: 'Console', exact: true }).click()
    await expect(lines(page)).toContainText('Tiny Linux')
    await expect(lines(page)).toContainText('/ #')
    await type(page, 'echo first | dd of=/dev/vda bs=1M seek=40 conv=notrunc,fsync 2>/dev/null; echo SUM=$((6*7))')
    await expect(lines(page)).toContainText('SUM=42')
    await page.getByRole('link', { name: 'Screen', exact: true }).click()
    await expect(page.getByRole('application', { name: `Screen of ${name}` })).toBeVisible()
  })

  await test.step('a snapshot of the running machine becomes an image, and a second machine starts from that', async () => {
    await page.getByRole('button', { name: /^More/ }).click()
    await page.getByRole('menuitem', { name: /^Create Custom Image/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Name' }).fill(madeName)
    await dialog.getByRole('button', { name: 'Create Custom Image' }).click()
    await page.goto(`/${region}/images/custom`)
    await expect(row(page.getByRole('table'), madeName)).toContainText('Available')
    const made = await db().image.findFirstOrThrow({ where: { name: madeName } })
    const second = await createInstance(page, made.id, secondName)
    await page.getByRole('link', { name: 'Console', exact: true }).click()
    await expect(lines(page)).toContainText('/ #')
    await type(page, 'echo $(dd if=/dev/vda bs=1M skip=40 count=1 2>/dev/null | head -c5)=')
    await expect(lines(page)).toContainText('first=')
    await endInstance(page, second, secondName)
  })

  await test.step('the bill is lantern’s, and harbour pays nothing', async () => {
    await expect.poll(() => charged(lantern)).toBeGreaterThan(0)
    expect(await charged(harbour)).toBe(0)
    await page.goto('/billing')
    await expect(page.getByRole('table').last()).toContainText(name)
  })

  await test.step('harbour sees the instance, cancels, and reads the consequences', async () => {
    await theirs.goto(`/${region}/images/${tiny.id}/share`)
    await expect(row(theirs.getByRole('table'), lantern.username)).toContainText('1 instance')
    // Before the scripts load, the button opens a page with the same question.
    await theirs.waitForLoadState('networkidle')
    await theirs.getByRole('button', { name: `Cancel Sharing, ${lantern.username}` }).click()
    const dialog = theirs.getByRole('alertdialog')
    await expect(dialog).toContainText('1 instance')
    await dialog.getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
    await expect(row(theirs.getByRole('table'), lantern.username)).toHaveCount(0)
  })

  await test.step('the machine runs on and cannot be rebuilt; once it is terminated and the image is gone, so are the bytes', async () => {
    const kept = await db().image.findUniqueOrThrow({ where: { id: tiny.id }, include: { blob: true } })
    const key = kept.blob ? blobKey(kept.blob) : ''
    await theirs.goto(`/${region}/images/custom`)
    await theirs.getByRole('button', { name: `Delete, ${tiny.name}` }).click()
    await theirs.getByRole('alertdialog').getByRole('button', { name: 'Delete', exact: true }).click()
    await theirs.goto(`/${region}/images/custom?state=deleted`)
    await theirs.getByRole('button', { name: `Delete for Good, ${tiny.name}` }).click()
    await theirs.getByRole('alertdialog').getByRole('button', { name: 'Delete for Good', exact: true }).click()
    await expect(theirs.getByText('The recycle bin is empty.')).toBeVisible()
    await page.goto(`/${region}/instances/${id}`)
    await expect(page.getByText('Running', { exact: true }).first()).toBeVisible()
    await page.getByRole('button', { name: /^More/ }).click()
    await expect(page.getByRole('menuitem', { name: /^Rebuild/ })).toBeDisabled()
    await page.keyboard.press('Escape')
    expect(await storedIn(region)).toContain(key)
    await endInstance(page, id, name)
    await expect.poll(() => storedIn(region)).not.toContain(key)
  })
})

async function endInstance(page: Page, id: string, name: string): Promise<void> {
  await page.goto(`/${region}/instances/${id}`)
  await page.getByRole('button', { name: /^More/ }).click()
  await page.getByRole('menuitem', { name: /^Terminate/ }).click()
  const dialog = page.getByRole('alertdialog')
  await dialog.getByRole('textbox').fill(name)
  await dialog.getByRole('button', { name: 'Terminate', exact: true }).click()
  await expect.poll(async () => (await db().instance.findUnique({ where: { id } }))?.state).toBe('terminated')
}
