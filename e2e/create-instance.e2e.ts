import { db } from '@/lib/db/client'
import { account, expect, image, imageRows, row, share, test } from './fixtures'
import { aliveHost, instanceRows, instanceType } from './instance-rows'

const region = 'cn-shanghai'
const listUrl = `/${region}/instances`

const stateOf = async (id: string) => {
  const { state, task } = await db().instance.findUniqueOrThrow({ where: { id } })
  return `${state} ${task}`
}

test('the form creates instances from a shared image, shows who pays how much, and refuses a type that is too small', async ({
  browserPage,
}) => {
  await aliveHost()
  const [owner, sharer] = [await account(), await account()]
  const lent = await image(sharer)
  await db().image.update({ where: { id: lent.id }, data: { minMemoryMib: 1024, minDiskGib: 3 } })
  await share(sharer, lent, [owner])
  const [small, large] = [await instanceType(512), await instanceType(1024, 16)]
  const page = await browserPage(owner)
  await page.goto(`/${region}/images/shared`)
  await page.getByRole('link', { name: `Create Instance, ${lent.name}` }).click()
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(lent.name)
  await expect(page.getByRole('radio', { name: new RegExp(small) })).toBeDisabled()
  await page.getByRole('radio', { name: new RegExp(large) }).check()
  const main = page.getByRole('main')
  await expect(main).toContainText(`Charged to your account ${owner.username}, ¥0.16 per hour and instance.`)
  await expect(main).toContainText(`${sharer.username}, who shares this image, pays nothing.`)
  await page.getByLabel('How many').fill('2')
  await expect(main).toContainText('2 instances: ¥0.32 an hour together.')
  await page.getByLabel('System disk (GiB)').fill('2')
  await page.getByLabel('SSH public key').fill('-----BEGIN OPENSSH PRIVATE KEY-----')
  await page.getByRole('button', { name: 'Create Instance' }).click()
  await expect(page.getByLabel('SSH public key')).toHaveAttribute('aria-invalid', 'true')
  await page.getByLabel('SSH public key').fill('')
  await page.getByRole('button', { name: 'Create Instance' }).click()
  await expect(page.getByLabel('System disk (GiB)')).toHaveAccessibleDescription(/at least 3 GiB/)
  await page.reload()
  await expect(page.getByRole('radio', { name: new RegExp(large) })).toBeChecked()
  await expect(main).toContainText('2 instances: ¥0.32 an hour together.')
  await page.getByLabel('System disk (GiB)').fill('3')
  await page.getByRole('button', { name: 'Create Instance' }).click()
  await expect(page).toHaveURL(listUrl)
  await expect(row(page.getByRole('table'), `${lent.name}-1`)).toContainText('Creating')
  await expect(row(page.getByRole('table'), `${lent.name}-2`)).toContainText(`Shared by ${sharer.username}`)
  expect(await db().instance.count({ where: { ownerId: owner.id, typeId: large, createdById: owner.id } })).toBe(2)
})

test('without an image the page has a search; an image in another region or state has a link', async ({
  browserPage,
}) => {
  const owner = await account()
  const [mine] = await imageRows(owner, [{}, { state: 'failed', virtualSize: 0 }])
  const [away] = await imageRows(owner, [{ regionId: 'cn-shenzhen' }])
  const page = await browserPage(owner)
  await page.goto(listUrl)
  await page.getByRole('link', { name: 'Create Instance' }).first().click()
  await expect(page.getByRole('row')).toHaveCount(2)
  await page.getByRole('searchbox').fill(mine?.name ?? '')
  await page.getByRole('searchbox').press('Enter')
  await page.getByRole('link', { name: `Use Image, ${mine?.name}` }).click()
  await expect(page).toHaveURL(`${listUrl}/create?image=${mine?.id}`)
  await page.goto(`${listUrl}/create?image=${away?.id}`)
  await page.getByRole('link', { name: 'Open it in China South (Shenzhen)' }).click()
  await expect(page).toHaveURL(`/cn-shenzhen/instances/create?image=${away?.id}`)
})

test('without scripts an instance is created, stopped, renamed and terminated', async ({ browserPage }) => {
  await aliveHost()
  const owner = await account()
  const [mine] = await imageRows(owner, [{}])
  await instanceType(512)
  const page = await browserPage(owner, { javaScriptEnabled: false })
  await page.goto(`${listUrl}/create?image=${mine?.id}`)
  await page.getByLabel('Host name').fill('not a host name')
  await page.getByRole('button', { name: 'Create Instance' }).click()
  await expect(page.getByLabel('Host name')).toHaveValue('not a host name')
  await page.getByLabel('Host name').fill('web')
  await page.getByRole('button', { name: 'Create Instance' }).click()
  await expect(page).toHaveURL(listUrl)
  const made = await db().instance.findFirstOrThrow({ where: { ownerId: owner.id } })
  await db().instance.update({ where: { id: made.id }, data: { state: 'running', task: null, taskSince: null } })
  await page.reload()
  await page.getByRole('button', { name: `Stop, ${made.name}` }).click()
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(page).toHaveURL(`${listUrl}/${made.id}`)
  expect(await stateOf(made.id)).toBe('stopping STOP')
  await page.getByRole('button', { name: `More, ${made.name}` }).click()
  await page.getByRole('link', { name: 'Rename' }).click()
  await page.getByLabel('Name', { exact: true }).fill('renamed')
  await page.getByRole('button', { name: 'Save Changes' }).click()
  await page.goto(`${listUrl}/${made.id}/do/terminate`)
  await page.getByRole('textbox', { name: /^Type the instance/ }).fill('renamed')
  await page.getByRole('button', { name: 'Terminate', exact: true }).click()
  await expect(page).toHaveURL(`${listUrl}/${made.id}`)
  expect(await stateOf(made.id)).toBe('terminating TERMINATE')
})

test('before a share or an image is removed, the dialogs mention the instances made from it', async ({
  browserPage,
}) => {
  const [sharer, recipient] = [await account(), await account()]
  const disk = await image(sharer)
  await share(sharer, disk, [recipient])
  await instanceRows(recipient, [
    { image: disk, sharer },
    { image: disk, sharer },
  ])
  const page = await browserPage(sharer)
  await page.goto(`/${region}/images/${disk.id}/share`)
  await expect(row(page.getByRole('table'), recipient.username)).toContainText('2 instances')
  await page.getByRole('button', { name: `Cancel Sharing, ${recipient.username}` }).click()
  const dialog = page.getByRole('alertdialog')
  await expect(dialog).toContainText(`${recipient.username} has 2 instances created from it.`)
  await page.keyboard.press('Escape')
  await page.goto(`/${region}/images/${disk.id}`)
  await page.getByRole('button', { name: `Delete, ${disk.name}` }).click()
  await expect(dialog.getByRole('listitem').filter({ hasText: `${recipient.username}: 2 instances` })).toBeVisible()
  const other = await browserPage(recipient)
  await other.goto(`/${region}/images/shared`)
  await other.getByRole('button', { name: `Cancel Sharing, ${disk.name}` }).click()
  await expect(other.getByRole('alertdialog')).toContainText('You have 2 instances created from it.')
})
