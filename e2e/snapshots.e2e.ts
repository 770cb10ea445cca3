import { db } from '@/lib/db/client'
import { expectAccessible, expectAccessiblePage, looks } from './accessible'
import { account, expect, expectRow, messages, row, test } from './fixtures'
import { instanceRows, snapshotRows } from './instance-rows'

const region = 'cn-shanghai'
const listUrl = `/${region}/snapshots`

/** An account with an instance and rows of its snapshots. */
async function withSnapshots(
  rows: Parameters<typeof snapshotRows>[2],
  machine: Parameters<typeof instanceRows>[1][number] = {},
) {
  const owner = await account()
  const [instance] = await instanceRows(owner, [machine])
  if (!instance) throw new Error('There is one row.')
  return { owner, instance, snapshots: await snapshotRows(owner, instance, rows) }
}

test('the list of snapshots shows their instance, size, progress and failures, and nobody else’s', async ({
  browserPage,
}) => {
  const { owner, instance } = await withSnapshots([
    { name: 'settled' },
    { name: 'power-cut', consistency: 'POWER_CUT' },
    { name: 'half-way', state: 'creating', doneBytes: 2n ** 29n },
    { name: 'broken', state: 'failed', failure: { code: 'STORE_FULL' } },
  ])
  const [others] = (await withSnapshots([{ name: 'of-somebody-else' }])).snapshots
  const page = await browserPage(owner)
  await page.goto(listUrl)
  await expect(page).toHaveTitle('Snapshots · Open ECS Console')
  const table = page.getByRole('table')
  await expectRow(table, 'settled', {
    Instance: instance.name,
    Size: /1 GiB.*File: 3 MiB/,
    State: /Available.*File systems consistent/,
  })
  await expectRow(table, 'power-cut', { State: /Crash-consistent/ })
  await expectRow(table, 'half-way', { State: /Creating/, Size: /Creating: 50 %/ })
  await expectRow(table, 'broken', { Snapshot: /There was no space for it/, State: 'Failed' })
  await expect(page.getByText('of-somebody-else')).toHaveCount(0)
  await expect(page.getByText('Snapshot quota: 3 of 64 used.')).toBeVisible()
  await page.goto(`${listUrl}/${others?.id}/do/delete`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(messages.en.shell.notFoundTitle)
  await page.goto(`${listUrl}?state=failed`)
  await expect(page.getByRole('row')).toHaveCount(2)
  await page.goto(`${listUrl}?q=nothing-is-called-that`)
  await expect(page.getByText(messages.en.snapshots.emptyFiltered)).toBeVisible()
})

test("a snapshot is created on its instance's page, and is listed while it is created", async ({ browserPage }) => {
  const { owner, instance } = await withSnapshots([])
  const page = await browserPage(owner)
  await page.goto(`/${region}/instances/${instance.id}/snapshots`)
  await expect(page.getByText(messages.en.snapshots.emptyInstance)).toBeVisible()
  await page.getByRole('button', { name: 'Create Snapshot', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Create Snapshot' }).click()
  await expect(dialog.getByText(messages.en.problems.required)).toBeVisible()
  await dialog.getByLabel('Name', { exact: true }).fill('before the update')
  await dialog.getByLabel('Description').fill('Version 3')
  await dialog.getByRole('button', { name: 'Create Snapshot' }).click()
  await expect(dialog).toBeHidden()
  await expectRow(page.getByRole('table'), 'before the update', { State: /Creating/, Size: /Creating: 0 %/ })
  const made = await db().snapshot.findMany({ where: { instanceId: instance.id } })
  expect(made).toMatchObject([{ name: 'before the update', description: 'Version 3', state: 'creating' }])
  // The host's report appears without a reload.
  await db().snapshot.updateMany({ where: { instanceId: instance.id }, data: { doneBytes: 2n ** 29n } })
  await expectRow(page.getByRole('table'), 'before the update', { Size: /Creating: 50 %/ })
  await page.getByRole('link', { name: 'History' }).click()
  await expect(page.getByText(`${owner.username} began the snapshot before the update`)).toBeVisible()
})

test('an image is made from an available snapshot and names its origin', async ({ browserPage }) => {
  const { owner, instance } = await withSnapshots([{ name: 'source' }, { name: 'early', state: 'creating' }])
  const page = await browserPage(owner)
  await page.goto(listUrl)
  const create = (name: string) => page.getByRole('button', { name: `Create Custom Image, ${name}` })
  await expect(create('early')).toBeDisabled()
  await create('source').click()
  const dialog = page.getByRole('dialog', { name: 'Create a custom image from source' })
  await dialog.getByLabel('Image name').fill('made of it')
  await dialog.getByRole('button', { name: 'Create Custom Image' }).click()
  await expect(dialog).toBeHidden()
  await page.goto(`/${region}/images/custom`)
  await page.getByRole('link', { name: 'made of it', exact: true }).click()
  const { imageName } = await db().instance.findUniqueOrThrow({ where: { id: instance.id } })
  const origin = `Made from instance ${instance.name}, which came from ${imageName} (${owner.username})`
  await expect(page.getByText(origin)).toBeVisible()
  await expect(page.getByText(`${owner.username} created it from ${instance.id}`)).toBeVisible()
})

test('an image is made from an instance in one step: a snapshot now, the image once that is available', async ({
  browserPage,
}) => {
  const { owner, instance } = await withSnapshots([])
  const page = await browserPage(owner)
  await page.goto(`/${region}/instances/${instance.id}`)
  await page.getByRole('button', { name: `More, ${instance.name}` }).click()
  await page.getByRole('menuitem', { name: 'Create Custom Image' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText(messages.en.snapshots.instanceImageText)
  const name = dialog.getByLabel('Image name')
  await name.fill('!')
  await dialog.getByRole('button', { name: 'Create Custom Image' }).click()
  await expect(name).toBeFocused()
  await expect(name).toHaveAccessibleDescription(/./)
  await name.fill('golden')
  await name.press('Enter')
  await expect(dialog).toBeHidden()
  const made = await db().snapshot.findMany({ where: { instanceId: instance.id } })
  expect(made).toMatchObject([{ state: 'creating', imageWhenDone: 'golden' }])
  await page.getByRole('link', { name: 'Snapshots', exact: true }).last().click()
  await expect(page.getByRole('row').filter({ hasText: made[0]?.name ?? '' })).toContainText('Creating')
})

test('a snapshot is deleted after a question that says what remains', async ({ browserPage }) => {
  const { owner } = await withSnapshots([{ name: 'kept' }, { name: 'gone' }])
  const page = await browserPage(owner)
  await page.goto(listUrl)
  const ask = page.getByRole('button', { name: 'Delete, gone' })
  const dialog = page.getByRole('alertdialog')
  await ask.click()
  await expect(dialog).toContainText(messages.en.snapshots.deleteText2)
  await dialog.getByRole('button', { name: 'Keep Snapshot' }).click()
  await expect(ask).toBeFocused()
  await ask.click()
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await expect(row(page.getByRole('table'), 'gone')).toHaveCount(0)
  await expect(row(page.getByRole('table'), 'kept')).toBeVisible()
  // Keyboard users continue in the list, not at the top of the page.
  await expect(page.getByRole('button', { name: 'Delete, kept' })).toBeFocused()
})

test('a running instance cannot be restored, a stopped one can, from one of its available snapshots', async ({
  browserPage,
}) => {
  const { owner, instance } = await withSnapshots([{ name: 'good' }, { name: 'bad', state: 'failed' }])
  const page = await browserPage(owner)
  const url = `/${region}/instances/${instance.id}/do/restore`
  await page.goto(url)
  await expect(page.getByRole('button', { name: /^Restore\b/ })).toBeDisabled()
  await expect(page.getByText('Possible only when the instance is: Stopped or Failed.').first()).toBeVisible()
  await db().instance.update({ where: { id: instance.id }, data: { state: 'stopped' } })
  await page.goto(`/${region}/instances/${instance.id}`)
  await page.getByRole('button', { name: `More, ${instance.name}` }).click()
  await page.getByRole('menuitem', { name: 'Restore' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText(messages.en.snapshots.restoreText1)
  await expect(dialog.getByRole('option')).toHaveCount(1)
  await dialog.getByRole('button', { name: 'Restore' }).click()
  await expect(dialog).toBeHidden()
  expect(await db().instance.findUnique({ where: { id: instance.id } })).toMatchObject({ task: 'RESTORE' })
})

test('the pages and dialogs of snapshots are accessible, narrow, dark and in Chinese', async ({ browserPage }) => {
  const { owner, instance } = await withSnapshots([
    { name: `long-${'m'.repeat(100)}` },
    { name: 'half', state: 'creating', doneBytes: 2n ** 29n },
    { name: 'broken', state: 'failed', failure: { code: 'SNAPSHOT_TIMED_OUT' } },
  ])
  const page = await browserPage(owner)
  await page.goto(listUrl)
  await expectAccessiblePage(page, 'snapshots', looks)
  const broken = page.getByRole('button', { name: 'Delete, broken' })
  await expectAccessible(page, 'delete', looks, () => broken.click())
  await page.goto('/cn-shenzhen/snapshots')
  await expectAccessiblePage(page, 'no snapshots', looks)
  for (const task of ['createSnapshot', 'createImage', 'restore']) {
    await page.goto(`/${region}/instances/${instance.id}/do/${task}`)
    await expectAccessiblePage(page, task, looks)
  }
  await page.goto(`/${region}/instances/${instance.id}/snapshots`)
  const create = page.getByRole('button', { name: 'Create Snapshot', exact: true })
  await expectAccessible(page, 'create snapshot', looks, () => create.click())
  await page.context().addCookies([{ name: 'ecs-locale', value: 'zh', url: process.env.NEXTAUTH_URL ?? '' }])
  await page.goto(listUrl)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(messages.zh.snapshots.title)
  await expectAccessiblePage(page, 'snapshots in Chinese', looks)
})
