import { spawnSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { verify } from '@/lib/admin/verify'
import { beginCopy } from '@/lib/copies/writes'
import { db } from '@/lib/db/client'
import { hasQemu, qemuImg, qemuNote } from '@/lib/disks/fixtures/qemu'
import { buildRawDisk } from '@/lib/disks/samples'
import { shareImage } from '@/lib/shares/writes'
import { listStaged, stagedFile } from '@/lib/stores/staging'
import { transferJob } from '@/lib/tasks/transfer'
import { account, asked, keysIn, quota, region, stored } from '@/lib/testing/builders'
import { create, created, offsetOf, patch, refusalOf, sha256 } from './fixtures/requests'

const mib = 2 ** 20
const small = await mkdtemp(path.join(os.tmpdir(), 'ecs-console-small-'))
const hasSmallDisk = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'none', small]).status === 0
const smallDiskNote = hasSmallDisk ? '' : ' (skipped: a small file system cannot be mounted here)'
Object.assign(process.env, { ECS_STAGING_DIR: small, ECS_STORE_RESERVE: '0B', ECS_IMAGE_SIZE_MAX: '1000TiB' })
afterAll(async () => {
  if (hasSmallDisk) spawnSync('umount', [small])
  await rm(small, { recursive: true, force: true })
})

test('an upload without space is refused before its first byte, and takes no quota place', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1, 2 ** 52)
  for (let round = 0; round < 2; round++) {
    // More than any disk has.
    const answer = await create(owner, { region: here, size: 900 * 2 ** 40 })
    expect(await refusalOf(answer)).toEqual([507, { code: 'STORE_FULL', region: here }])
  }
  expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(0)
  expect(await listStaged()).toEqual([])
})

test.skipIf(!hasSmallDisk)(
  `an upload is refused when others fill the disk, and resumes once there is space${smallDiskNote}`,
  async () => {
    const [here, owner, neighbour, passer] = await Promise.all([region(), account(), account(), account()])
    const [disk, theirs] = [6, 4].map((sizeMib) => buildRawDisk({ sizeMib, label: 'FULL', seed: sizeMib }))
    if (!disk || !theirs) throw new Error('There are two.')
    await quota(owner, here, 1)
    const imageId = await created(owner, { region: here, size: disk.length })
    const theirImageId = await created(neighbour, { region: here, size: theirs.length })
    const rest = (bytes: Buffer, offset: number) => new Uint8Array(bytes.subarray(offset))
    expect((await patch(owner, imageId, 0, new Uint8Array(disk.subarray(0, 2 * mib)))).status).toBe(204)
    expect((await patch(neighbour, theirImageId, 0, new Uint8Array(theirs.subarray(0, mib)))).status).toBe(204)

    const filler = path.join(small, 'others')
    await writeFile(filler, Buffer.alloc(27 * mib))
    for (let round = 0; round < 2; round++) {
      const offset = (await offsetOf(owner, imageId)) ?? 0
      const refused = await patch(owner, imageId, offset, rest(disk, offset))
      expect(await refusalOf(refused)).toEqual([507, { code: 'STORE_FULL', region: here }])
    }
    // The received bytes and the quota place stay, and nobody else is affected.
    const offset = (await offsetOf(owner, imageId)) ?? 0
    expect(offset).toBeGreaterThanOrEqual(2 * mib)
    expect((await readFile(stagedFile(imageId))).equals(disk.subarray(0, offset))).toBe(true)
    expect(await db().image.findUnique({ where: { id: imageId } })).toMatchObject({ state: 'importing' })
    expect(await offsetOf(neighbour, theirImageId)).toBe(mib)
    const shared = await shareImage(neighbour.ctx, asked(here, await stored(neighbour, here), passer))
    expect(shared).toMatchObject({ ok: true })

    await rm(filler)
    for (const [who, id, bytes] of [
      [neighbour, theirImageId, theirs],
      [owner, imageId, disk],
    ] as const) {
      const from = (await offsetOf(who, id)) ?? 0
      expect((await patch(who, id, from, rest(bytes, from))).status).toBe(204)
      await transferJob({ imageId: id }, true)
      const found = await db().image.findUnique({ where: { id } })
      expect(found).toMatchObject({ state: 'available', originSha256: sha256(bytes) })
    }
    expect((await verify()).filter(({ severity }) => severity === 'violation')).toEqual([])
  },
)

test.skipIf(!hasSmallDisk || !hasQemu)(
  `a disk that does not fit after conversion is refused for lack of space, not for itself${smallDiskNote}${qemuNote}`,
  async () => {
    const [here, owner] = await Promise.all([region(), account()])
    await quota(owner, here, 1)
    const folder = await mkdtemp(path.join(os.tmpdir(), 'ecs-console-grows-'))
    const raw = buildRawDisk({ sizeMib: 64, label: 'GROWS', seed: 9 })
    raw.fill('some text that is the same all over ', 8 * mib, 56 * mib)
    await writeFile(path.join(folder, 'disk.raw'), raw)
    qemuImg(folder, 'convert', '-f', 'raw', '-O', 'qcow2', '-c', 'disk.raw', 'disk.qcow2')
    const disk = await readFile(path.join(folder, 'disk.qcow2'))
    await rm(folder, { recursive: true })
    const imageId = await created(owner, { region: here, size: disk.length })
    expect((await patch(owner, imageId, 0, new Uint8Array(disk))).status).toBe(204)
    await transferJob({ imageId }, true)
    const failed = await db().image.findUnique({ where: { id: imageId } })
    expect(failed).toMatchObject({ state: 'failed', failure: { code: 'STORE_FULL' } })
    expect((await listStaged()).filter((file) => file.imageId === imageId)).toEqual([])
  },
)

test.skipIf(!hasSmallDisk)(
  `a copy to a region whose store is full is refused before its first byte and takes no quota place${smallDiskNote}`,
  async () => {
    const [here, there, owner] = await Promise.all([region(), region(), account()])
    await quota(owner, there, 1)
    process.env[`ECS_STORE_${there.toUpperCase().replaceAll('-', '_')}`] = small
    const imageId = await stored(owner, here)
    const filler = path.join(small, 'OTHERS')
    const copyThere = async () => {
      const begun = await beginCopy(owner.ctx, { region: here, imageId, targetRegion: there, name: 'copy' })
      if (!begun.ok) return begun.refusal
      await transferJob({ imageId: begun.value.imageId }, false)
      return await db().image.findUnique({ where: { id: begun.value.imageId } })
    }
    await writeFile(filler, randomFillSync(Buffer.alloc(32 * mib - 50_000))).catch(() => {})
    expect(await copyThere()).toEqual({ code: 'STORE_FULL', region: there })
    expect(await db().image.count({ where: { regionId: there } })).toBe(0)
    expect(await keysIn(there)).toEqual([])
    await rm(filler)
    expect(await copyThere()).toMatchObject({ state: 'available' })
  },
)
