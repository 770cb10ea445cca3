import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { env } from '@/lib/env'
import { listStaged } from '@/lib/stores/staging'
import { account, image, keysIn, region, stored } from '@/lib/testing/builders'
import { admin } from './admin-fixture'
import { collectGarbage } from './gc'
import { verify } from './verify'

const shared = await mkdtemp(path.join(tmpdir(), 'ecs-console-shared-'))
afterAll(() => rm(shared, { recursive: true }))

const hours = (count: number) => new Date(Date.now() - count * 3_600_000)
const orphan = (number: number) => `${String(number).repeat(64)}.blb-00000000${number}0`

/** Creates a file with a given modification time, and its folder if necessary. */
async function file(folder: string, name: string, at: Date): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, name), 'bytes')
  await utimes(path.join(folder, name), at, at)
}

const collect = async (forced = false) => await collectGarbage({ forced, now: new Date() })
const folderOf = (regionId: string) => path.join(env().ECS_DATA_DIR, 'stores', regionId)
const variable = (regionId: string) => `ECS_STORE_${regionId.toUpperCase().replaceAll('-', '_')}`

test('bytes without references are removed after a day; younger and referenced ones stay', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await stored(owner, here)
  const [own = ''] = await keysIn(here)
  await utimes(path.join(folderOf(here), own), hours(48), hours(48))
  await file(folderOf(here), orphan(1), hours(25))
  await file(folderOf(here), `${orphan(2)}.000000000000.part`, hours(25))
  await file(folderOf(here), orphan(3), hours(23))
  const running = await image(owner, here, { state: 'importing' })
  const staging = path.join(env().ECS_DATA_DIR, 'staging')
  await file(staging, running, hours(48))
  await file(staging, 'img-0000000000', hours(25))
  await file(staging, 'img-0000000001', hours(23))
  const orphans = (await verify()).filter(({ kind }) => kind === 'orphan')
  expect(orphans.map(({ id }) => id)).toEqual(expect.arrayContaining([orphan(1), orphan(2), orphan(3)]))
  expect(await collect()).toMatchObject({ ok: true })
  expect(await keysIn(here)).toEqual([own, orphan(3)].sort())
  const staged = (await listStaged()).map(({ imageId }) => imageId)
  expect(staged.sort()).toEqual(['img-0000000001', running].sort())
})

test('the staging folder is cleared, without the database, of files that were not written to for two days', async () => {
  const staging = path.join(env().ECS_DATA_DIR, 'staging')
  await file(staging, 'img-0000000002', hours(49))
  await file(staging, 'img-0000000003', hours(49))
  await file(staging, 'img-0000000003.0000.qcow2', hours(1))
  const away = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' }
  expect(await admin(['gc', '--staging'], '', away)).toMatchObject({ code: 0 })
  const staged = new Set((await listStaged()).map(({ imageId }) => imageId))
  expect([staged.has('img-0000000002'), staged.has('img-0000000003')]).toEqual([false, true])
})

test('a store that the database does not know is skipped without --force', async () => {
  const here = await region()
  await file(folderOf(here), orphan(4), hours(25))
  await expect(collect()).rejects.toThrow('Is DATABASE_URL right?')
  expect(await keysIn(here)).toEqual([orphan(4)])
  await collect(true)
  expect(await keysIn(here)).toEqual([])
})

test("two regions in one folder do not take each other's bytes for orphans", async () => {
  const [here, there, owner] = await Promise.all([region(), region(), account()])
  process.env[variable(here)] = shared
  process.env[variable(there)] = shared
  await Promise.all([stored(owner, here), stored(owner, there)])
  const keys = await keysIn(here)
  for (const key of keys) await utimes(path.join(shared, key), hours(25), hours(25))
  expect(keys).toHaveLength(2)
  await collect()
  expect(await keysIn(there)).toEqual(keys)
  expect(await db().blob.count({ where: { regionId: { in: [here, there] }, state: 'ready' } })).toBe(2)
})
