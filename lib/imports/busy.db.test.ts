import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { buildRawDisk } from '@/lib/disks/samples'
import { listStaged } from '@/lib/stores/staging'
import { importImage } from '@/lib/tasks/import-image'
import { transferJob } from '@/lib/tasks/transfer'
import { account, region } from '@/lib/testing/builders'

// A database that fails at one step of an import as on a lock timeout.

beforeEach(async () => {
  await db().$executeRaw`CREATE FUNCTION busy() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'canceling statement due to lock timeout' USING ERRCODE = '55P03'; END $$`
})
afterEach(async () => void (await db().$executeRaw`DROP FUNCTION busy() CASCADE`))

const disk = buildRawDisk({ sizeMib: 4, label: 'DEBIAN', seed: 1 })

async function importing() {
  const [here, owner] = [await region(), await account()]
  const input = { region: here, name: 'web-01', operatingSystem: 'Debian 12' }
  const imported = await importImage(owner.ctx, input, { open: () => Readable.from([disk]), size: disk.length })
  return { imported, image: await db().image.findFirstOrThrow({ where: { regionId: here } }) }
}

test('if the database is busy after its file has arrived, an import is queued, and a worker completes it', async () => {
  await db()
    .$executeRaw`CREATE TRIGGER busy BEFORE UPDATE ON "Image" FOR EACH ROW WHEN (NEW.state = 'available') EXECUTE FUNCTION busy()`
  const { imported, image } = await importing()
  expect(imported).toEqual({ ok: true, value: { imageId: image.id, isWaiting: true } })
  expect(image.state).toBe('importing')
  await db().$executeRaw`DROP TRIGGER busy ON "Image"`
  await transferJob({ imageId: image.id }, true)
  expect(await db().image.findUnique({ where: { id: image.id } })).toMatchObject({ state: 'available' })
})

test('an import whose arrival cannot be recorded is refused with BUSY, and keeps no byte', async () => {
  await db()
    .$executeRaw`CREATE TRIGGER busy BEFORE UPDATE ON "Image" FOR EACH ROW WHEN (NEW."originSize" IS NOT NULL) EXECUTE FUNCTION busy()`
  const { imported, image } = await importing()
  expect(imported).toEqual({ ok: false, refusal: { code: 'BUSY' } })
  expect((await listStaged()).filter(({ imageId }) => imageId === image.id)).toEqual([])
})
