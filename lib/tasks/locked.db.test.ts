import { Readable } from 'node:stream'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { db } from '@/lib/db/client'
import { buildRawDisk } from '@/lib/disks/samples'
import { beginImport, endReceiving } from '@/lib/imports/writes'
import { receiveStaged } from '@/lib/stores/staging'
import { account, region } from '@/lib/testing/builders'
import { transferJob } from './transfer'

// In its own file, because no other test can run with such a short lock wait and the transaction limit derived from it.
vi.hoisted(() => {
  process.env.ECS_LOCK_WAIT = '2s'
})

test('a lock timeout sends a transfer back to the queue, even at its last try', async () => {
  const [here, owner] = [await region(), await account()]
  const disk = buildRawDisk({ sizeMib: 4, label: 'LOCKED', seed: 6 })
  const begun = await beginImport(owner.ctx, { region: here, name: 'web-01', operatingSystem: 'Debian 12' })
  const imageId = begun.ok ? begun.value.imageId : ''
  const received = await receiveStaged(imageId, Readable.from([disk]), { sizeMax: disk.length })
  await endReceiving(owner.ctx, { imageId, holder: null }, { ...received, claimedSha256: null })
  const other = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await other.connect()
  await other.query('BEGIN')
  await other.query('SELECT id FROM "Account" WHERE id = $1 FOR NO KEY UPDATE', [owner.id])
  await expect(transferJob({ imageId }, true)).rejects.toThrow('BUSY')
  await other.end()
  const found = await db().image.findUnique({ where: { id: imageId }, include: { transfer: true } })
  expect(found).toMatchObject({ state: 'importing', transfer: { leaseHolder: null, failure: { code: 'BUSY' } } })
  await transferJob({ imageId }, true)
  expect(await db().image.findUnique({ where: { id: imageId } })).toMatchObject({ state: 'available' })
})
