import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { buildRawDisk } from '@/lib/disks/samples'
import { listStaged } from '@/lib/stores/staging'
import { importImage } from '@/lib/tasks/import-image'
import { account, quota, region } from '@/lib/testing/builders'
import { beginImport } from './writes'

// More than any disk has, so every store here is full.
process.env.ECS_STORE_RESERVE = '1000000TiB'

test('a full store refuses the import with STORE_FULL, keeps no bytes, and releases the quota place', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1)
  const input = { region: here, name: 'web-01', operatingSystem: 'Debian 12' }
  const disk = buildRawDisk({ sizeMib: 4, label: 'DEBIAN', seed: 1 })
  const result = await importImage(owner.ctx, input, { open: () => Readable.from([disk]) })
  expect(result).toEqual({ ok: false, refusal: { code: 'STORE_FULL', region: here } })
  const row = await db().image.findFirstOrThrow({ where: { ownerId: owner.id } })
  expect(row).toMatchObject({ state: 'failed', failure: { code: 'STORE_FULL' } })
  expect(await listStaged()).toEqual([])
  expect(await beginImport(owner.ctx, input)).toMatchObject({ ok: true })
})
