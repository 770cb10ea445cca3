import { mkdtemp, rm, stat, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beginCopy } from '@/lib/copies/writes'
import { db } from '@/lib/db/client'
import { hasQemu, qemuNote } from '@/lib/disks/fixtures/qemu'
import { buildQcow2, buildRawDisk } from '@/lib/disks/samples'
import { beginImport, endReceiving } from '@/lib/imports/writes'
import { listStaged, receiveStaged } from '@/lib/stores/staging'
import { importImage } from '@/lib/tasks/import-image'
import { transferJob } from '@/lib/tasks/transfer'
import { account, accounts, nth, quota, race, region, stored, tally } from '@/lib/testing/builders'
import { type SmallDisk, smallDisk, smallDisks } from '@/lib/testing/small-disk'
import { cancelTransfer, claimTransfer, settleTransfer } from '@/lib/transfers/writes'
import { create, patch } from '@/lib/uploads/fixtures/requests'

// A disk of 64 MiB shared by all, with a reserve of 8 MiB: first tmpfs, then ext4 in a file.

process.env.ECS_DATABASE_POOL = '20'
const mib = 2 ** 20
const place = await mkdtemp(path.join(os.tmpdir(), 'ecs-console-space-'))
/** A link to the disk under test, because the path of the staging folder is read once. */
const small = path.join(place, 'small')
Object.assign(process.env, { ECS_STAGING_DIR: path.join(small, 'staging'), ECS_STORE_RESERVE: '8MiB' })
// ext4 needs some space for itself.
const disks = { tmpfs: smallDisk('tmpfs', 64), ext4: smallDisk('ext4', 76) }
const turnTo = async ({ folder }: SmallDisk) => {
  await rm(small, { force: true })
  await symlink(folder, small)
}
beforeAll(() => turnTo(disks.tmpfs))
afterAll(async () => {
  for (const disk of Object.values(disks)) disk.end()
  await rm(place, { recursive: true, force: true })
})

/** A region whose store is on the small disk too. */
async function smallRegion(): Promise<string> {
  const here = await region()
  process.env[`ECS_STORE_${here.toUpperCase().replaceAll('-', '_')}`] = small
  return here
}

const input = (here: string) => ({ region: here, name: 'web-01', operatingSystem: 'Debian 12' })
const upload = (size: number) => ({ fileName: 'disk.img', size, patienceMs: 60_000 })
const reservedOf = async (imageId: string) =>
  Number((await db().transfer.findUnique({ where: { imageId } }))?.reservedBytes)

/** A qcow2 whose tables all point to one compressed cluster: 4 MiB that unpack to 4 GiB. */
function bomb(sizeMib: number): Buffer {
  const cluster = 65_536
  const tables = sizeMib * 2
  const file = Buffer.alloc(sizeMib * mib)
  file.write('QFI\xfb', 0, 'latin1')
  file.writeUInt32BE(3, 4)
  file.writeUInt32BE(16, 20)
  file.writeBigUInt64BE(BigInt(tables * 8_192 * cluster), 24)
  file.writeUInt32BE(tables, 36)
  file.writeBigUInt64BE(BigInt(3 * cluster), 40)
  file.writeBigUInt64BE(BigInt(cluster), 48)
  file.writeUInt32BE(1, 56)
  file.writeUInt32BE(4, 96)
  file.writeUInt32BE(104, 100)
  file.writeBigUInt64BE(BigInt(2 * cluster), cluster)
  for (let table = 0; table < tables; table++) {
    const at = (4 + table) * cluster
    file.writeBigUInt64BE(BigInt(at), 3 * cluster + table * 8)
    for (let entry = 0; entry < 7_800; entry++)
      file.writeBigUInt64BE((1n << 62n) | BigInt((4 + tables) * cluster), at + entry * 8)
  }
  return file
}

describe.each(smallDisks)('on a small disk, %s,', (kind) => {
  const disk = disks[kind]
  const { freeMib } = disk
  beforeAll(() => turnTo(disk))
  afterAll(() => turnTo(disks.tmpfs))

  test.skipIf(!disk.isThere)(
    `three uploads of more than the disk holds: the third is refused, and pieces never reach the reserve${disk.note}`,
    async () => {
      const [here, owner] = await Promise.all([region(), account()])
      const size = 24 * mib
      const answers = [await create(owner, { region: here, size }), await create(owner, { region: here, size })]
      expect(answers.map(({ status }) => status)).toEqual([201, 201])
      expect((await create(owner, { region: here, size })).status).toBe(507)
      const ids = answers.map((answer) => answer.headers.get('location')?.split('/').at(-1) ?? '')
      for (let at = 0; at < size; at += 8 * mib) {
        for (const imageId of ids) {
          expect((await patch(owner, imageId, at, new Uint8Array(8 * mib))).status).toBe(204)
          expect(await freeMib()).toBeGreaterThanOrEqual(8)
        }
      }
      // Bytes that have arrived are no longer reserved, and use free space instead.
      expect(await Promise.all(ids.map(reservedOf))).toEqual([0, 0])
      expect((await create(owner, { region: here, size: 9 * mib })).status).toBe(507)
      for (const imageId of ids)
        expect(await cancelTransfer(owner.ctx, { region: here, imageId })).toMatchObject({ ok: true })
      for (const { imageId } of await listStaged()) await rm(path.join(small, 'staging', imageId), { force: true })
      // With free space again, everything continues by itself.
      expect((await create(owner, { region: here, size })).status).toBe(201)
      await db().image.deleteMany({ where: { ownerId: owner.id } })
    },
  )

  test.skipIf(!disk.isThere)(
    `ten tenants at once are promised exactly what there is, in the staging folder and in a store on one disk together${disk.note}`,
    async () => {
      const [here, tenants] = [await smallRegion(), await accounts(10)]
      const source = await region()
      const size = 10 * mib
      const images = await Promise.all(
        tenants.map(async (owner) => {
          const imageId = await stored(owner, source)
          await db().image.update({ where: { id: imageId }, data: { size } })
          return imageId
        }),
      )
      const results = await race(20, async (index) => {
        const owner = nth(tenants, index % 10)
        if (index % 2) return await beginImport(owner.ctx, input(source), upload(size))
        const copy = { region: source, imageId: nth(images, index % 10), targetRegion: here, name: 'copy' }
        return await beginCopy(owner.ctx, copy)
      })
      // 64 MiB less the reserve and the bytes that earlier tests left: five times ten.
      expect(tally(results)).toEqual({ ok: 5, STORE_FULL: 15 })
      const promised = await db().transfer.aggregate({ _sum: { reservedBytes: true } })
      expect(Number(promised._sum.reservedBytes)).toBe(5 * size)
      await db().image.deleteMany({
        where: { ownerId: { in: tenants.map(({ id }) => id) }, NOT: { state: 'available' } },
      })
    },
  )

  test.skipIf(!disk.isThere).each([4, 8])(
    `a disk of %i MiB all of whose tables name one compressed cluster is refused and takes nothing${disk.note}`,
    async (sizeMib) => {
      const [here, owner] = await Promise.all([smallRegion(), account()])
      const before = await freeMib()
      const imported = await importImage(owner.ctx, input(here), {
        open: () => Readable.from([bomb(sizeMib)]),
        size: sizeMib * mib,
      })
      expect(imported).toMatchObject({ ok: false, refusal: { code: 'DISK_REFUSED', reason: 'shared-blocks' } })
      expect(await freeMib()).toBeGreaterThanOrEqual(before - 1)
    },
  )
})

test('of 20 imports at once with bytes quota for three exactly three begin', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 50, 10 * mib)
  const results = await race(20, () => beginImport(owner.ctx, input(here), upload(3 * mib)))
  expect(tally(results)).toEqual({ ok: 3, BYTES_QUOTA_FULL: 17 })
  expect(results.find((result) => !result.ok)).toEqual({
    ok: false,
    refusal: { code: 'BYTES_QUOTA_FULL', used: 9 * mib, quota: 10 * mib, asked: 3 * mib, region: here },
  })
  // Another region has its own quota.
  expect(await beginImport(owner.ctx, input(await region()), upload(3 * mib))).toMatchObject({ ok: true })
})

test('a copy takes the bytes of its target region, and a failed image none', async () => {
  const [here, there, owner] = await Promise.all([region(), region(), account()])
  const imageId = await stored(owner, here)
  const copy = () => beginCopy(owner.ctx, { region: here, imageId, targetRegion: there, name: 'copy' })
  await quota(owner, there, 50, 199_999)
  expect(await copy()).toMatchObject({ refusal: { code: 'BYTES_QUOTA_FULL', used: 0, asked: 200_000 } })
  await quota(owner, there, 50, 200_000)
  const begun = await copy()
  expect(await copy()).toMatchObject({ refusal: { code: 'BYTES_QUOTA_FULL', used: 200_000 } })
  const copyId = begun.ok ? begun.value.imageId : ''
  await db().image.update({ where: { id: copyId }, data: { state: 'failed', transfer: { delete: true } } })
  expect(await copy()).toMatchObject({ ok: true })
})

/** An import whose file has arrived, ready for a worker. */
async function arrived(owner: Awaited<ReturnType<typeof account>>, here: string, disk: Buffer): Promise<string> {
  const begun = await beginImport(owner.ctx, input(here), upload(disk.length))
  if (!begun.ok) throw new Error(begun.refusal.code)
  const { imageId } = begun.value
  const received = await receiveStaged(imageId, Readable.from([disk]), { sizeMax: disk.length })
  await endReceiving(owner.ctx, { imageId, holder: null }, { ...received, claimedSha256: null })
  return imageId
}

test.skipIf(!hasQemu)(
  `a disk that would be written anew beyond its owner's bytes is refused before that, by its tables and not its size${qemuNote}`,
  async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const raw = buildRawDisk({ sizeMib: 32, label: 'QUOTA', seed: 12 })
    raw.fill('x', 8 * mib, 16 * mib)
    const disk = buildQcow2({ raw })
    await quota(owner, here, 50, disk.length)
    const refused = await arrived(owner, here, disk)
    await transferJob({ imageId: refused }, true)
    expect(await db().image.findUnique({ where: { id: refused } })).toMatchObject({
      state: 'failed',
      failure: { code: 'BYTES_QUOTA_FULL' },
    })
    // Its clusters and their tables fit, though the virtual disk would not.
    await quota(owner, here, 50, disk.length + 2 * mib)
    const imageId = await arrived(owner, here, disk)
    await transferJob({ imageId }, true)
    expect(await db().image.findUnique({ where: { id: imageId } })).toMatchObject({ state: 'available' })
  },
)

test('reservations are released however a transfer ends', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const disk = buildRawDisk({ sizeMib: 4, label: 'BACK', seed: 3 })
  const imageId = await arrived(owner, here, disk)
  expect(await reservedOf(imageId)).toBe(0)
  const claimed = await claimTransfer(imageId)
  const content = { format: 'raw', virtualSize: 512, size: 512, sha256: 'b'.repeat(64) } as const
  if (claimed) await settleTransfer(owner.ctx, claimed.work, content)
  expect(await db().transfer.count({ where: { imageId } })).toBe(0)
  await expect(stat(path.join(small, imageId))).rejects.toThrow()
})
