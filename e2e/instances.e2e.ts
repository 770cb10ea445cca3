import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { macOf } from '@/lib/machines/mac'
import { expectAccessible, expectAccessiblePage, looks } from './accessible'
import {
  account,
  act,
  ask,
  expect,
  expectRow,
  image,
  imageRows,
  longest,
  messages,
  row,
  share,
  signIn,
  test,
} from './fixtures'
import { instanceRows, instanceType } from './instance-rows'

const region = 'cn-shanghai'
const listUrl = `/${region}/instances`

test.use({ trace: 'off' })

const stateOf = async (id: string) => {
  const { state, task } = await db().instance.findUniqueOrThrow({ where: { id } })
  return `${state} ${task}`
}

async function choose(page: Page, name: string, operation: string): Promise<void> {
  await page.getByRole('button', { name: `More, ${name}` }).click()
  await page.getByRole('menuitem', { name: operation, exact: true }).click()
}

test('the list shows image, type and state, is filtered by state, and links to regions with instances', async ({
  browserPage,
}) => {
  const [owner, sharer] = [await account(), await account()]
  const lent = await image(sharer)
  await share(sharer, lent, [owner])
  const [first, second, gone] = await instanceRows(owner, [
    { image: lent, sharer },
    { state: 'stopped', reason: { code: 'GUEST_OFF' } },
    { state: 'terminated' },
  ])
  const page = await browserPage(owner)
  await page.goto(listUrl)
  await expect(page).toHaveTitle('Instances · Open ECS Console')
  const table = page.getByRole('table')
  await expectRow(table, first?.name ?? '', { Image: `${lent.name}Shared by ${sharer.username}`, State: 'Running' })
  await expectRow(table, second?.name ?? '', { State: 'Stopped' })
  await expect(row(table, second?.name ?? '')).toContainText(messages.en.instanceReasons.GUEST_OFF)
  await expect(row(table, gone?.name ?? '')).toHaveCount(0)
  await page.getByRole('button', { name: 'State', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Terminated' }).click()
  await expect(page).toHaveURL(`${listUrl}?state=terminated`)
  await expect(row(table, gone?.name ?? '')).toBeVisible()
  await page.goto('/cn-shenzhen/instances')
  await page.getByRole('link', { name: 'China East (Shanghai)' }).click()
  await expect(page).toHaveURL(listUrl)
})

test('operations name the states in which they are possible, and change the state without a reload', async ({
  browserPage,
}) => {
  const owner = await account()
  const [machine] = await instanceRows(owner, [{}])
  const { id, name } = machine ?? { id: '', name: '' }
  const page = await browserPage(owner)
  await page.goto(`${listUrl}/${id}`)
  const start = page.getByRole('button', { name: `Start, ${name}`, exact: true })
  await expect(start).toHaveAccessibleDescription('Possible only when the instance is: Stopped or Failed.')
  await page.getByRole('button', { name: `Stop, ${name}` }).click()
  const dialog = page.getByRole('alertdialog')
  await expect(dialog).toContainText('A stopped instance costs nothing')
  await dialog.getByRole('button', { name: 'Keep Running' }).click()
  expect(await stateOf(id)).toBe('running null')
  await page.getByRole('button', { name: `Stop, ${name}` }).click()
  await dialog.getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(page.getByRole('main').getByText('Stopping', { exact: true })).toBeVisible()
  expect(await stateOf(id)).toBe('stopping STOP')
  await db().instance.update({ where: { id }, data: { state: 'stopped', task: null, taskSince: null } })
  await expect(page.getByRole('main').getByText('Stopped', { exact: true })).toBeVisible()
  await start.click()
  await expect(page.getByRole('main').getByText('Starting', { exact: true })).toBeVisible()
  expect(await stateOf(id)).toBe('stopped START')
})

test('an instance is protected, renamed, given another type, and terminated after its name was typed', async ({
  browserPage,
}) => {
  const owner = await account()
  const [machine] = await instanceRows(owner, [{ state: 'stopped' }])
  const { id, name } = machine ?? { id: '', name: '' }
  const typeId = await instanceType(1024)
  const page = await browserPage(owner)
  await page.goto(listUrl)
  await choose(page, name, 'Protect')
  await expect(row(page.getByRole('table'), name)).toContainText('Protected')
  await page.getByRole('button', { name: `More, ${name}` }).click()
  await expect(page.getByRole('menuitem', { name: /^Terminate/ })).toContainText('Choose Unprotect first.')
  await page.getByRole('menuitem', { name: /^Terminate/ }).press('Enter')
  await expect(page.getByRole('alertdialog')).toHaveCount(0)
  await page.keyboard.press('Escape')
  await choose(page, name, 'Unprotect')
  await expect(row(page.getByRole('table'), name)).not.toContainText('Protected')
  await choose(page, name, 'Rename')
  await page.getByLabel('Name', { exact: true }).fill('renamed')
  await page.getByRole('button', { name: 'Save Changes' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'renamed' })).toBeVisible()
  await choose(page, 'renamed', 'Change Type')
  await page.getByRole('radio', { name: new RegExp(typeId) }).check()
  await page.getByRole('button', { name: 'Change Type' }).click()
  await expect(page.getByRole('main')).toContainText(`${typeId} (1 vCPU, 1 GiB)`)
  await page.getByRole('link', { name: 'History' }).click()
  await expect(page.getByRole('listitem').filter({ hasText: `renamed it from ${name} to renamed` })).toBeVisible()
  await choose(page, 'renamed', 'Terminate')
  const dialog = page.getByRole('alertdialog')
  await dialog.getByRole('button', { name: 'Terminate' }).click()
  await expect(dialog.getByText(messages.en.refusals.INSTANCE_NAME_MISMATCH)).toBeVisible()
  await dialog.getByRole('textbox').fill('renamed')
  await dialog.getByRole('button', { name: 'Terminate' }).click()
  await expect(dialog).toHaveCount(0)
  expect(await stateOf(id)).toBe('terminating TERMINATE')
})

test('another tenant’s instance is absent from every page, route and action', async ({ browserPage, requestAs }) => {
  const [owner, other] = [await account(), await account()]
  const [machine] = await instanceRows(owner, [{ state: 'stopped' }])
  const id = machine?.id ?? ''
  const page = await browserPage(other)
  for (const path of ['', '/history', '/do/terminate', '/do/changeType', '/do/operations']) {
    const response = await page.goto(`${listUrl}/${id}${path}`)
    expect.soft(response?.status(), path).toBe(404)
    expect.soft(await page.content(), path).not.toContain(machine?.name)
  }
  const client = await requestAs(other)
  for (const path of [`/api/instances/${id}`, `/api/instances/${id}/events`]) {
    const answer = await ask(client, `${path}?region=${region}`)
    expect.soft(answer, path).toMatchObject({ status: 404, body: '{"refusal":{"code":"INSTANCE_NOT_FOUND"}}' })
  }
  const more: Record<string, object> = {
    renameInstanceAction: { name: 'mine' },
    protectInstanceAction: { isProtected: true },
    changeInstanceTypeAction: { typeId: await instanceType() },
    terminateInstanceAction: { typedName: machine?.name },
  }
  const plain = ['start', 'stop', 'forceStop', 'restart', 'rebuild'].map((verb) => `${verb}InstanceAction`)
  for (const action of [...plain, ...Object.keys(more)]) {
    const answer = await act(client, action, { region, instanceId: id, ...more[action] })
    expect.soft(answer, action).toMatchObject({ ok: false, refusal: { code: 'INSTANCE_NOT_FOUND' } })
  }
  expect(await stateOf(id)).toBe('stopped null')
})

for (const { locale, t, some } of [
  { locale: 'en-US', t: messages.en, some: looks },
  { locale: 'zh-CN', t: messages.zh, some: looks.slice(2) },
]) {
  test.describe(locale, () => {
    test.use({ locale })
    test.slow()

    test('the pages of instances are accessible empty, filled, failed, with menu and dialog, and the form refused', async ({
      page,
    }) => {
      const owner = await account({ username: longest('m', 32) })
      await signIn(page.context(), owner)
      await page.goto(listUrl)
      await expectAccessiblePage(page, 'instances, empty', some)
      const rows = await instanceRows(owner, [
        { state: 'failed', name: longest('W', 128), reason: { code: 'FAULT', detail: longest('x', 200) } },
        { isProtected: true },
        { state: 'paused', reason: { code: 'HOST_STOPPED' } },
      ])
      const [failed, running] = rows
      await page.goto(listUrl)
      await expect(page.getByRole('row')).toHaveCount(4)
      await expectAccessiblePage(page, 'instances', some)
      // The open menu covers part of the copy buttons below it, which axe would report as small targets.
      const more = page.getByRole('button', { name: `${t.images.more}, ${running?.name}` })
      await expectAccessible(page, 'the menu of an instance', some, () => more.click(), ['target-size'])
      const askTerminate = async () => {
        await page.getByRole('button', { name: `${t.images.more}, ${rows[2]?.name}` }).click()
        await page.getByRole('menuitem', { name: t.instanceOperations.terminate, exact: true }).click()
        await expect(page.getByRole('alertdialog').getByRole('textbox')).toBeVisible()
      }
      await expectAccessible(page, 'the question before an instance is terminated', some, askTerminate)
      for (const path of ['', '/history', '/do/operations', '/do/changeType', '/do/terminate', '/do/rename']) {
        await page.goto(`${listUrl}/${failed?.id}${path}`)
        await expectAccessiblePage(page, `an instance${path}`, some)
      }
      const [mine] = await imageRows(owner, [{ name: longest('W', 128) }])
      await page.goto(`${listUrl}/create`)
      await expectAccessiblePage(page, 'choosing an image', some)
      await page.goto(`${listUrl}/create?image=${mine?.id}`)
      await page.getByLabel(t.createInstance.hostName).fill('not a host name')
      await page.getByRole('button', { name: t.createInstance.submit }).click()
      await expect(page.getByLabel(t.createInstance.hostName)).toHaveAttribute('aria-invalid', 'true')
      await expectAccessiblePage(page, 'creating, refused', some)
    })
  })
}

test("an instance's page shows its address on its host's network, or that it has none", async ({ browserPage }) => {
  const owner = await account()
  const [alone] = await instanceRows(owner, [{}])
  const { hostId } = await db().instance.findUniqueOrThrow({ where: { id: alone?.id ?? '' } })
  const host = await db().machineHost.findUniqueOrThrow({ where: { id: hostId } })
  const bridged = { ...host, id: `${hostId}-bridged`, network: 'br0', seenAt: new Date(0) }
  await db().machineHost.createMany({ data: [bridged], skipDuplicates: true })
  const [connected] = await instanceRows(owner, [{ hostId: bridged.id }])
  const page = await browserPage(owner)
  const network = page.getByRole('definition').filter({ hasText: /^(None|MAC address .*)$/ })
  await page.goto(`${listUrl}/${alone?.id}`)
  await expect(network).toHaveText('None')
  await page.goto(`${listUrl}/${connected?.id}`)
  await expect(network).toHaveText(`MAC address ${macOf(connected?.id ?? '')}`)
})
