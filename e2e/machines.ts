import { createHash } from 'node:crypto'
import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { env } from '@/lib/env'
import { newId } from '@/lib/ids'
import { hostMachines } from '@/lib/machines/machines'
import { bootDisk, storeBase, whyNoMachine } from '@/lib/testing/boot-disk'
import { type Account, expect, row, tellPages, unique } from './fixtures'

export type Machine = { id: string; name: string; region: string }

/** Why no real machine can be tested here; null if one can. */
export async function noMachine(): Promise<string | null> {
  return whyNoMachine() ?? ((await bootDisk()) ? null : 'the packages of the disk that boots cannot be had')
}

const region = 'cn-shanghai'
const shape = { vcpus: 1, memoryMib: 192 }
const hostId = 'host-of-the-tests'

/** A real machine that was just started, with its instance row. No host process manages it. */
export async function machine(owner: Account): Promise<Machine> {
  const disk = await bootDisk()
  if (!disk) throw new Error('There is no disk that boots.')
  const base = storeBase(env().ECS_DATA_DIR, region, disk)
  const [id, name, build] = [newId('ins'), unique('quay'), newId('bld')]
  const { now, image, kept } = {
    now: new Date(),
    image: { imageId: newId('img'), imageName: 'tiny' },
    kept: newId('blb'),
  }
  const host = { id: hostId, ...shape, canUefi: false, isEmulationAllowed: true, version: 'test', seenAt: new Date(0) }
  await db().machineHost.createMany({ data: [host], skipDuplicates: true })
  await db().instanceType.createMany({ data: [{ id: 'ecs.test', ...shape, createdAt: now }], skipDuplicates: true })
  const at = { createdAt: now, updatedAt: now }
  const bytes = {
    sha256: createHash('sha256').update(kept).digest('hex'),
    size: 1,
    virtualSize: 1,
    format: 'qcow2' as const,
  }
  await db().blob.create({ data: { id: kept, regionId: region, ...bytes, state: 'ready', ...at } })
  const from = { ...image, imageOwnerId: owner.id, imageOwnerName: owner.username, operatingSystem: 'Tiny Linux' }
  const made = { ownerId: owner.id, createdById: owner.id, regionId: region, blobId: kept, hostId, typeId: 'ecs.test' }
  const disc = { diskBytes: 2 ** 30, bootMode: 'BIOS' as const, build }
  await db().instance.create({ data: { id, name, state: 'running', ...from, ...made, ...disc, ...at } })
  await hostMachines().build(id, { ...disc, base, login: null })
  await hostMachines().start(id, shape)
  return { id, name, region }
}

/** Cuts a machine's power, and records it as its host would. */
export async function stopMachine({ id }: Machine, owner: Account): Promise<void> {
  await hostMachines().kill(id)
  await db().instance.update({ where: { id }, data: { state: 'stopped' } })
  await tellPages(owner, 'instance')
}

/** Starts the machine again, as its host would. */
export async function startAgain({ id }: Machine, owner: Account): Promise<void> {
  await hostMachines().start(id, shape)
  await db().instance.update({ where: { id }, data: { state: 'running' } })
  await tellPages(owner, 'instance')
}

/** Removes the machine with all its files. */
export async function endMachine({ id }: Machine): Promise<void> {
  await hostMachines().destroy(id)
  await db().instance.update({
    where: { id },
    data: { state: 'terminated', terminatedAt: new Date(), blobId: null },
  })
}

/** Creates an instance in the browser on the host of these tests' worker, because new ones go to another test's host. */
export async function createInstanceIn(
  page: Page,
  { region, imageId, name }: { region: string; imageId: string; name: string },
): Promise<string> {
  await page.goto(`/${region}/instances/create?image=${imageId}`)
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name)
  await page.getByRole('button', { name: /^Create Instance/ }).click()
  await expect(row(page.getByRole('table'), name)).toBeVisible()
  const { id } = await db().instance.findFirstOrThrow({ where: { name } })
  await db().instance.update({ where: { id }, data: { hostId: await realHost() } })
  await page.goto(`/${region}/instances/${id}`)
  await expect(page.getByText('Running', { exact: true }).first()).toBeVisible()
  return id
}

/** The host that these tests' worker reports; all others are rows of tests. */
async function realHost(): Promise<string> {
  const find = () => db().machineHost.findFirst({ where: { version: { not: 'test' } } })
  await expect.poll(find).not.toBeNull()
  return (await find())?.id ?? ''
}
