import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { verify } from '@/lib/admin/verify'
import type { SessionContext } from '@/lib/context'
import { db } from '@/lib/db/client'
import { ballastFile } from '@/lib/embedded/ballast'
import { DatabaseKeeper } from '@/lib/embedded/keeper'
import { deleteImageAction, purgeImageAction } from '@/lib/images/actions'
import { listCustomImages } from '@/lib/images/reads'
import { customImageParams } from '@/lib/images/schema'
import { nearlyFull } from '@/lib/nearly-full'
import { isReadOnly } from '@/lib/read-only'
import { cancelShareAction, shareImageAction } from '@/lib/shares/actions'
import { account, asked, region, stored } from '@/lib/testing/builders'
import { smallDisk } from '@/lib/testing/small-disk'
import { untilTrue } from '@/lib/testing/until'
import { cancelTransferAction } from '@/lib/transfers/actions'
import { create, created, patch, refusalOf } from '@/lib/uploads/fixtures/requests'
import { migrate } from '@/prisma/migrate'

// The whole console on one disk of 320 MiB with its database, stores and staging folder, as `npm start` lays it out.

const session = vi.hoisted(() => ({ current: null as SessionContext | null }))
vi.mock('@/lib/context', () => ({ currentContext: async () => session.current }))
vi.mock('next/navigation', () => ({ unstable_rethrow: () => {} }))
vi.mock('next/headers', () => ({ headers: async () => new Headers() }))

const disk = smallDisk('ext4', 320)
const keeper = new DatabaseKeeper(disk.folder, { throwaway: true, ballastBytes: 32 * 2 ** 20, tell: () => {} })
Object.assign(process.env, {
  ECS_DATA_DIR: disk.folder,
  ECS_BALLAST_FILE: ballastFile(disk.folder),
  ECS_STORE_RESERVE: '32MiB',
})

beforeAll(async () => {
  if (!disk.isThere) return
  await keeper.start()
  await migrate(keeper.url)
  process.env.DATABASE_URL = keeper.url
})
afterAll(async () => {
  if (disk.isThere) {
    await db().$disconnect()
    await keeper.stop()
  }
  disk.end()
})

test.skipIf(!disk.isThere)(
  `on a disk that something else fills to the last byte one can look, cancel and delete, and all goes on with the room${disk.note}`,
  async () => {
    const [here, owner, first, second] = [await region(), await account(), await account(), await account()]
    session.current = { ...owner.ctx, sessionId: 'none' }
    const [shared, old, kept] = [await stored(owner, here), await stored(owner, here), await stored(owner, here)]
    const shareId = (await shareImageAction(asked(here, shared, first))).ok
      ? (await db().share.findFirstOrThrow({ where: { imageId: shared } })).id
      : ''
    const bytes = new Uint8Array(1024)
    const [ending, going] = [
      await created(owner, { region: here, size: 2048 }),
      await created(owner, { region: here, size: 2048 }),
    ]
    expect((await patch(owner, going, 0, bytes)).status).toBe(204)

    const empty = disk.fill()
    await untilTrue(isReadOnly)
    expect(await nearlyFull()).toEqual(expect.arrayContaining(['database', 'staging', here]))
    expect(await shareImageAction(asked(here, kept, second))).toMatchObject({ refusal: { code: 'READ_ONLY' } })
    expect(await refusalOf(await create(owner, { region: here, size: 1024 }))).toEqual([507, { code: 'READ_ONLY' }])
    expect(await refusalOf(await patch(owner, going, 1024, bytes))).toEqual([507, { code: 'READ_ONLY' }])
    expect((await listCustomImages(owner.ctx, customImageParams.parse({ region: here }))).items).toHaveLength(5)
    expect(await cancelShareAction({ shareId })).toMatchObject({ ok: true })
    expect(await cancelTransferAction({ region: here, imageId: ending })).toMatchObject({ ok: true })
    const target = { region: here, imageId: old }
    expect(await deleteImageAction({ ...target, cancelShares: false, typedName: '' })).toMatchObject({ ok: true })
    expect(await purgeImageAction(target)).toMatchObject({ ok: true })

    await empty()
    await untilTrue(async () => !(await isReadOnly()))
    expect(await shareImageAction(asked(here, kept, second))).toMatchObject({ ok: true })
    expect((await patch(owner, going, 1024, bytes)).status).toBe(204)
    const violations = (await verify()).filter(({ severity }) => severity === 'violation')
    // No worker runs here to remove the bytes of images that were deleted for good.
    expect(violations.filter(({ kind }) => kind !== 'orphan')).toEqual([])
    expect(fs.existsSync(path.join(disk.folder, 'staging', ending))).toBe(true)
  },
)
